"""Find the tables in lines of plain text."""
