"""The page, on Gradio: ask left, see the evidence right."""

from qa.web.application import create_app
from qa.web.gradio_import import shorten_import
from qa.web.serving import serve

__all__ = ["create_app", "serve"]

shorten_import()
