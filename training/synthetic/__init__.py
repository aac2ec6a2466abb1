"""Made documents with tables, forms, lists and letterheads, and questions on their cells.

The labelled sets have prose alone. Here a schema (``schemas/*.toml``) names columns, their values
and how people ask for them in their own words; documents of many forms are filled with it, read
by the loaders and cut by the splitter, so that a row of training looks as it does at run time.
"""
