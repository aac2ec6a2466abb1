"""The routes of the page beside Gradio's: of open documents, and of the library."""

from qa.web.routes.documents import document_routes
from qa.web.routes.library import UPLOAD, library_routes

__all__ = ["UPLOAD", "document_routes", "library_routes"]
