"""Measuring the reader and the whole pipeline on labelled questions."""
