"""Nothing is lost in silence: slides, messages, calendars, notebooks, talk and archives.

Each file is made of shapes with words of their own; all but those that no reader is shown can be
quoted.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_docx, zipped
from test_loaders_outlook import BODY, HTML, SUBJECT, msg
from test_loaders_slides import box, frame, odp, pptx_of, relation, words
from test_whole import Words, quotable

from qa.builder.members import read_members
from qa.loaders import load

# Slides of PowerPoint: each shape is drawn on the slide.

DRAWN = {
    "box": lambda w: f"<p:sp>{words(w())}</p:sp>",
    "title": lambda w: (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>{words(w())}</p:sp>'
    ),
    "link": lambda w: f"<p:cxnSp>{words(w())}</p:cxnSp>",
    "group": lambda w: f"<p:grpSp><p:grpSp><p:sp>{words(w())}</p:sp></p:grpSp></p:grpSp>",
    "runs": lambda w: (
        f"<p:sp><p:txBody><a:p><a:r><a:t>{w()}</a:t></a:r><a:br/><a:fld><a:t>{w()}</a:t></a:fld>"
        f"</a:p><a:p><a:r><a:t>{w()} {w()}</a:t></a:r></a:p></p:txBody></p:sp>"
    ),
    "table": lambda w: (
        "<p:graphicFrame><a:tbl><a:tr>"
        + f"<a:tc gridSpan='2'>{words(w())}</a:tc><a:tc hMerge='1'/></a:tr><a:tr>"
        + f"<a:tc>{words(w())}</a:tc><a:tc>{words(w())}</a:tc></a:tr></a:tbl></p:graphicFrame>"
    ),
}


def deck_of(shapes, w):
    notes = f"<p:n xmlns:p='p' xmlns:a='{A}'><p:spTree><p:sp>{words(w())}</p:sp></p:spTree></p:n>"
    comments = f"<p:c xmlns:p='p'><p:text>{w()}</p:text></p:c>"
    parts = {
        "ppt/slides/_rels/slide1.xml.rels": (
            f"<R>{relation(1, 'notesSlide', '../n.xml')}{relation(2, 'comments', '../c.xml')}</R>"
        ),
        "ppt/n.xml": notes,
        "ppt/c.xml": comments,
    }
    return pptx_of("".join(DRAWN[shape](w) for shape in shapes), **parts)


A = "http://schemas.openxmlformats.org/drawingml/2006/main"

# Slides of OpenDocument.

PAGES = {
    "box": lambda w: f"<draw:frame>{box(w(), w())}</draw:frame>",
    "title": lambda w: frame("title", box(w())),
    "shape": lambda w: f"<draw:custom-shape><text:p>{w()}</text:p></draw:custom-shape>",
    "line": lambda w: f"<draw:line><text:p>{w()}</text:p></draw:line>",
    "group": lambda w: f"<draw:g><draw:g><draw:frame>{box(w())}</draw:frame></draw:g></draw:g>",
    "list": lambda w: (
        f"<draw:frame><draw:text-box><text:list><text:list-item><text:p>{w()}</text:p>"
        f"<text:list><text:list-item><text:p>{w()}</text:p></text:list-item></text:list>"
        "</text:list-item></text:list></draw:text-box></draw:frame>"
    ),
    "table": lambda w: (
        f"<draw:frame><table:table><table:table-row><table:table-cell><text:p>{w()}</text:p>"
        f"</table:table-cell><table:table-cell><text:p>{w()}</text:p><text:p>{w()}</text:p>"
        "</table:table-cell></table:table-row></table:table></draw:frame>"
    ),
    "notes": lambda w: f"<presentation:notes>{frame('notes', box(w(), w()))}</presentation:notes>",
}


def odp_of(shapes, w):
    return odp(f"<draw:page>{''.join(PAGES[shape](w) for shape in shapes)}</draw:page>")


# Messages of Outlook.

SENT = {
    "text": lambda w: {BODY: f"{w()} {w()}\r\n\r\n{w()}"},
    "page": lambda w: {
        BODY: "",
        HTML: f"<p>{w()}</p><table><tr><td>{w()}<td>{w()}</table>".encode(),
    },
    "reply": lambda w: {BODY: f"{w()}\n\nFrom: {w()}\nSent: {w()}\nTo: {w()}\n\n{w()}"},
}


def msg_of(shapes, w):
    return msg(fields={SUBJECT: w(), 0x0C1A: w(), **SENT[shapes[-1]](w)})


# Calendars.

ENTRIES = {
    "event": lambda w: (
        f"BEGIN:VEVENT\nSUMMARY:{w()}\nDTSTART:20310102T090000Z\nLOCATION:{w()}\\, {w()}\n"
        f"DESCRIPTION:{w()}\\n{w()}\nORGANIZER;CN={w()}:mailto:{w()}@x.example\n"
        f"ATTENDEE;CN={w()}:mailto:a@x.example\nCATEGORIES:{w()},{w()}\nCOMMENT:{w()}\nEND:VEVENT\n"
    ),
    "task": lambda w: f"BEGIN:VTODO\nSUMMARY:{w()}\nDUE:20310101\nCONTACT:{w()}\nEND:VTODO\n",
    "journal": lambda w: f"BEGIN:VJOURNAL\nSUMMARY:{w()}\nDESCRIPTION:{w()}\nEND:VJOURNAL\n",
    "alarm": lambda w: (
        f"BEGIN:VEVENT\nSUMMARY:{w()}\nDTSTART:20310102\nBEGIN:VALARM\nACTION:DISPLAY\n"
        f"TRIGGER:-PT5M\nDESCRIPTION:{w()}\nEND:VALARM\nEND:VEVENT\n"
    ),
    "resources": lambda w: (
        f"BEGIN:VEVENT\nSUMMARY:{w()}\nDTSTART:20310102\nRESOURCES:{w()}\nEND:VEVENT\n"
    ),
    "folded": lambda w: f"BEGIN:VEVENT\nSUMMARY:the \n  {w()} of\n  {w()}\nEND:VEVENT\n",
}


def ics_of(shapes, w):
    made = "".join(ENTRIES[shape](w) for shape in shapes)
    text = f"BEGIN:VCALENDAR\nX-WR-CALNAME:{w()}\nX-WR-CALDESC:{w()}\n{made}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


# Notebooks.


def shown(**data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


CELLS = {
    "text": lambda w: ("markdown", f"# {w()}\n\n{w()} *{w()}*\n\n- {w()}\n", []),
    "raw": lambda w: ("raw", w(), []),
    "code": lambda w: ("code", f"x = '{w()}'  # {w()}", []),
    "stream": lambda w: ("code", "x", [{"output_type": "stream", "name": "o", "text": [w(), w()]}]),
    "result": lambda w: ("code", "x", [shown(**{"text/plain": [w()]})]),
    "frame": lambda w: (
        *("code", "x"),
        [shown(**{"text/html": f"<table><tr><th>{w()}<tr><td>{w()}</table>", "text/plain": "x"})],
    ),
    "page": lambda w: (
        "code",
        "x",
        [shown(**{"text/html": f"<p>{w()}</p>", "text/plain": "<a.B object>"})],
    ),
    "formula": lambda w: ("code", "x", [shown(**{"text/latex": f"$\\text{{{w()}}}$"})]),
    "error": lambda w: (
        *("code", "x"),
        [{"output_type": "error", "ename": w(), "evalue": w(), "traceback": []}],
    ),
}


def ipynb_of(shapes, w):
    cells = [
        {"cell_type": kind, "metadata": {}, "source": source.splitlines(True), "outputs": outputs}
        for kind, source, outputs in (CELLS[shape](w) for shape in shapes)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


# What is said.

CUES = {
    "plain": lambda w: f"{w()} {w()}",
    "voice": lambda w: f"<v {w()}>{w()}\n<v.loud {w()} B>{w()} <i>{w()}</i>",
    "lines": lambda w: f"- {w()}\n- {w()}",
    "named": lambda w: f"ADA: {w()}.",
    "styled": lambda w: f"<c.y>{w()}</c> <00:00:02.000>{w()} &amp; {w()}",
}


def vtt_of(shapes, w):
    cues = (
        f"part {n}\n00:{n:02}:00.000 --> 00:{n:02}:09.000 align:start\n{CUES[shape](w)}\n\n"
        for n, shape in enumerate(shapes)
    )
    return ("WEBVTT\n\nNOTE for the maker\n\n" + "".join(cues)).encode()


def srt_of(shapes, w):
    cues = (
        f"{n}\n00:{n:02}:00,000 --> 00:{n:02}:09,000\n{CUES[shape](w)}\n\n"
        for n, shape in enumerate(shapes, start=1)
    )
    return "".join(cues).encode()


SAID = {
    "plain": lambda w: f"Ada: {w()} {w()}",
    "lines": lambda w: f"{w()} Blum: {w()}\n{w()}\n\n{w()}",
    "colon": lambda w: f"Ada: {w()}: {w()}",
    "file": lambda w: f"Ada: {w()} <attached: plan.jpg>",
}


def chat_of(shapes, w):
    return "".join(f"02/03/2031, 14:{n:02} - {SAID[s](w)}\n" for n, s in enumerate(shapes)).encode()


POSTS = {
    "plain": lambda w: {"user": "U1", "text": f"{w()} *{w()}* <https://x.example|{w()}>"},
    "named": lambda w: {"user": "U2", "user_profile": {"real_name": w()}, "text": w()},
    "file": lambda w: {"user": "U1", "text": w(), "files": [{"name": w(), "title": w()}]},
    "attached": lambda w: {
        "user": "U1",
        "text": "",
        "attachments": [{"title": w(), "text": w(), "fallback": "x"}],
    },
    "bot": lambda w: {"username": w(), "subtype": "bot_message", "text": w()},
    "blocks": lambda w: {
        "user": "U1",
        "text": "",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": w()}}],
    },
}


def slack_of(shapes, w):
    posts = [
        {"type": "message", "ts": f"19299000{n:02}.0", **POSTS[shape](w)}
        for n, shape in enumerate(["plain", *shapes])
    ]
    return json.dumps(posts).encode()


# Markup for printing, and outlines.

TEX = {
    "text": lambda w: f"{w()} \\emph{{{w()}}} \\textbf{{{w()} {w()}}}~{w()}---{w()}\n\n",
    "section": lambda w: f"\\section{{{w()}}}\n{w()}\n\n\\paragraph{{{w()}}} {w()}\n\n",
    "items": lambda w: f"\\begin{{itemize}}\\item {w()}\\item[{w()}] {w()}\\end{{itemize}}\n\n",
    "note": lambda w: f"{w()}\\footnote{{{w()}}} {w()}\n\n",
    "table": lambda w: (
        f"\\begin{{table}}\\caption{{{w()}}}\\begin{{tabular}}{{ll}}{w()} & {w()} \\\\ {w()} & "
        f"\\multicolumn{{1}}{{l}}{{{w()}}}\\end{{tabular}}\\end{{table}}\n\n"
    ),
    "quote": lambda w: f"\\begin{{quote}}{w()}\\end{{quote}}\n\n",
    "link": lambda w: f"\\href{{https://x.example}}{{{w()}}} \\url{{https://{w()}.example}}\n\n",
    "code": lambda w: f"\\begin{{verbatim}}\n{w()} % {w()}\n\\end{{verbatim}}\n\n",
}
ORG = {
    "heading": lambda w: f"* TODO {w()} {w()}\n{w()}\n",
    "text": lambda w: f"{w()} *{w()}* /{w()}/ =code {w()}= [[https://x.example][{w()}]]\n\n",
    "items": lambda w: f"- {w()} :: {w()}\n  {w()}\n1. {w()}\n\n",
    "table": lambda w: f"| {w()} | {w()} |\n|---+---|\n| {w()} | {w()} |\n\n",
    "code": lambda w: f"#+begin_src sh\n{w()}\n#+end_src\n\n",
    "quote": lambda w: f"#+begin_quote\n{w()}\n{w()}\n#+end_quote\n\n",
    "caption": lambda w: f"#+CAPTION: {w()}\n\n",
    "note": lambda w: f"{w()}[fn:1]\n\n[fn:1] {w()}\n\n",
}


def tex_of(shapes, w):
    made = "".join(TEX[shape](w) for shape in shapes)
    head = f"\\documentclass{{article}}\n\\title{{{w()}}}\n\\author{{{w()}}}\n"
    return f"{head}\\begin{{document}}\\maketitle\n{made}\\end{{document}}\n".encode()


def org_of(shapes, w):
    return (f"#+TITLE: {w()}\n\n" + "".join(ORG[shape](w) for shape in shapes)).encode()


# Archives.

PACKED = {
    "text": lambda w: ("{}.txt", w()),
    "folder": lambda w: ("a/b {}.md", f"# {w()}\n\n{w()}"),
    "zip": lambda w: ("{}.zip", zipped({"a.txt": w(), "b.html": f"<p>{w()}</p>"})),
    "word": lambda w: ("{}.docx", make_docx([("text", f"It is {w()}.")])),
    "table": lambda w: ("{}.csv", f"Well,Depth\n{w()},{w()}\nNorth,{w()}\n"),
}


def zip_of(shapes, w):
    files = (PACKED[shape](w) for shape in shapes)
    return zipped({name.format(number): data for number, (name, data) in enumerate(files)})


FORMATS = {
    "pptx": (DRAWN, deck_of),
    "odp": (PAGES, odp_of),
    "msg": (SENT, msg_of),
    "ics": (ENTRIES, ics_of),
    "ipynb": (CELLS, ipynb_of),
    "vtt": (CUES, vtt_of),
    "srt": (CUES, srt_of),
    "txt": (SAID, chat_of),
    "json": (POSTS, slack_of),
    "tex": (TEX, tex_of),
    "org": (ORG, org_of),
    "zip": (PACKED, zip_of),
}


def lost(folder, suffix, shapes):
    """The words of a file of these shapes that cannot be quoted."""
    _, make = FORMATS[suffix]
    w = Words()
    (folder / f"a.{suffix}").write_bytes(make(shapes, w))
    document = load(folder / f"a.{suffix}", folder=folder)
    inner, _ = read_members(load, folder / f"a.{suffix}", folder, document)
    found = quotable(document).union(*(quotable(each.result) for each in inner))
    return {f"qx{number}" for number in range(1, w.count + 1)} - found


@pytest.mark.parametrize(
    ("suffix", "shape"), [(suffix, shape) for suffix, each in FORMATS.items() for shape in each[0]]
)
def test_every_word_of_a_shape_can_be_quoted(tmp_path, suffix, shape):
    assert lost(tmp_path, suffix, [shape, shape]) == set()


@pytest.mark.parametrize("suffix", FORMATS)
@given(data=st.data())
@settings(max_examples=15)
def test_every_word_of_many_shapes_together_can_be_quoted(tmp_path_factory, suffix, data):
    shapes = data.draw(
        st.lists(st.sampled_from(sorted(FORMATS[suffix][0])), min_size=2, max_size=9)
    )
    assert lost(tmp_path_factory.mktemp("whole"), suffix, shapes) == set()
