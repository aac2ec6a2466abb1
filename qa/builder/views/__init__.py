"""What is read of a passage: rows, forms and boxes written out for the reader."""
