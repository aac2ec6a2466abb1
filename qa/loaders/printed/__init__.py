"""Printed lines and where they are on their pages, joined into columns, headings and paragraphs."""
