"""The vectors of an index: exact ones in FAISS, and codes to search among many."""

from qa.index.vectors.codes import CodeSearch
from qa.index.vectors.exact import CODES, FOLDER, FaissVectors, check_codes, write_vectors
from qa.index.vectors.large import LargeVectors

__all__ = [
    "CODES",
    "FOLDER",
    "CodeSearch",
    "FaissVectors",
    "LargeVectors",
    "check_codes",
    "write_vectors",
]
