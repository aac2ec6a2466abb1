"""Web pages, books made of them, and Markdown, which is written for them."""
