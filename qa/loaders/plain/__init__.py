"""Plain text, whose layout alone tells what is a title, a heading or a table."""
