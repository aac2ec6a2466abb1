"""Read tables and records."""

from qa.loaders.tables.delimited import read_csv
from qa.loaders.tables.records import looks_like_json_lines, read_json
from qa.loaders.tables.workbook import read_workbook

__all__ = ["looks_like_json_lines", "read_csv", "read_json", "read_workbook"]
