"""Read Office Open XML from its parts."""

from qa.loaders.office.slides import read_pptx

__all__ = ["read_pptx"]
