"""Org: its text without the marks."""

from making import of_kind

SOURCE = """#+TITLE: The *well*
#+AUTHOR: Ada Blum
#+DATE: <2024-03-12 Tue>
#+OPTIONS: toc:nil
It was dug by /monks/, see [[https://x.example][the annals]] and
a/b/c = 19.

# a comment
* TODO [#A] Depth :water:deep:
  :PROPERTIES:
  :CUSTOM_ID: depth
  :END:
  It is =19= m deep.
  - [X] rope
    of hemp
  1. lamp

  | Name | Depth | Year |
  |------+-------+------|
  | Ystad | *19 m* | 1910 |
  |------+-------+------|
  #+TBLFM: $2=x
** Tools
#+BEGIN_SRC python
x = [[1]]
#+END_SRC
#+begin_quote
Deep.
#+end_quote
"""


def test_org_is_read_without_its_marks(read):
    document = read(SOURCE, "well.org")
    assert (document.title, document.author, document.date) == (
        "The well",
        "Ada Blum",
        "2024-03-12",
    )
    assert of_kind(document, "heading") == ["The well", "Depth", "Tools"]
    assert of_kind(document, "body") == [
        *("Ada Blum", "2024-03-12 Tue"),
        "It was dug by monks, see the annals and a/b/c = 19.",
        *("It is 19 m deep.", "[X] rope of hemp", "lamp", "x = [[1]]", "Deep."),
    ]
    assert of_kind(document, "columns") == ["Name | Depth | Year"]
    assert of_kind(document, "row") == ["Ystad | 19 m | 1910"]


def test_what_never_ends_is_read_to_the_end(read):
    document = read("Deep.\n\n#+begin_src\nx = 1\n* A\n", "a.org")
    assert of_kind(document, "body") == ["Deep.", "x = 1\n* A"]
