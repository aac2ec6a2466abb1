"""Where documents and their index are unless told otherwise, from the current folder."""

FOLDER = "seeds"
INDEX = "index"
