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
        *("TODO [#A]", "It is 19 m deep.", "[X] rope of hemp", "lamp", "x = [[1]]", "Deep."),
    ]
    assert of_kind(document, "columns") == ["Name | Depth | Year"]
    assert of_kind(document, "row") == ["Ystad | 19 m | 1910"]


def test_what_never_ends_is_read_to_the_end(read):
    document = read("Deep.\n\n#+begin_src\nx = 1\n* A\n", "a.org")
    assert of_kind(document, "body") == ["Deep.", "x = 1\n* A"]


def test_states_days_and_properties_are_text_below_their_heading(read):
    source = """* NEXT Mend the roof
SCHEDULED: <2024-03-12 Tue 10:00> DEADLINE: <2024-04-01 Mon>
:PROPERTIES:
:ID: 7f3a
:Builder: Otto Kern
:COLOR_ALL: red green
:END:
The slates are in the barn.
** DONE Order slates
   CLOSED: [2024-02-03 Sat 09:10]
   :LOGBOOK:
   - State "DONE" from "NEXT" [2024-02-03 Sat 09:10]
   - Note taken on [2024-02-01 Thu] The dealer has moved.
   CLOCK: [2024-02-03 Sat 09:00]--[2024-02-03 Sat 09:10] =>  0:10
   :END:
** TODO
"""
    document = read(source, "roof.org")
    assert of_kind(document, "heading") == ["Mend the roof", "Order slates", "TODO"]
    assert of_kind(document, "body") == [
        "NEXT\nSCHEDULED: 2024-03-12 Tue 10:00\nDEADLINE: 2024-04-01 Mon\nBuilder: Otto Kern",
        "The slates are in the barn.",
        "DONE\nCLOSED: 2024-02-03 Sat 09:10",
        'State "DONE" from "NEXT" [2024-02-03 Sat 09:10]',
        "Note taken on [2024-02-01 Thu] The dealer has moved.",
        "CLOCK: 2024-02-03 Sat 09:00 – 2024-02-03 Sat 09:10 => 0:10",
    ]
    assert document.date == ""


def test_a_file_may_name_its_own_states(read):
    source = "#+TODO: IDEA(i) DRAFT | PRINTED(p!)\n* IDEA A book\n* TODO lists\n* PRINTED Maps\n"
    document = read(source, "plans.org")
    assert of_kind(document, "heading") == ["A book", "TODO lists", "Maps"]
    assert of_kind(document, "body") == ["IDEA", "PRINTED"]


def test_what_looks_like_a_drawer_and_never_ends_is_text(read):
    document = read("* Keys\n:note:\nThe key is under the mat.\n* Locks\nNew.\n", "a.org")
    assert of_kind(document, "body") == [":note: The key is under the mat.", "New."]


def test_rows_that_set_columns_of_a_table_are_left_out(read):
    source = """| Well | Depth |
|------+-------|
| <10> | <r> |
| / | < |
| Ystad | 19 |
| Lund | < 20 |
"""
    document = read(source, "wells.org")
    assert of_kind(document, "columns", "row") == ["Well | Depth", "Ystad | 19", "Lund | < 20"]
