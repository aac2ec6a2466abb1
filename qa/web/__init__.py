"""The page, on Gradio: ask left, see the evidence right."""

from qa.web.server import create_app, serve

__all__ = ["create_app", "serve"]
