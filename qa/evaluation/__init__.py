"""Measure the reader, the retrieval and the whole pipeline on labelled questions."""
