"""Nothing is lost in silence: the words of a plain dump of a file can be quoted.

Files are made of many shapes, each with words of its own ("qx17"). A dump that knows nothing of
our loaders unpacks a file and finds them; what a document may quote is compared with it.
"""

import base64
import io
import re
import zipfile
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_docx, make_epub, make_odt, zipped

from qa.loaders import load

WORD = re.compile(r"qx\d+")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def quotable(document):
    """The words of the blocks that may be quoted."""
    texts = (document.text[b.start : b.end] for b in document.blocks if b.kind != "furniture")
    return set(WORD.findall(" ".join(texts)))


def unpacked(data):
    """The words of all files in an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    return set(WORD.findall(" ".join(texts)))


class Words:
    """Gives out words that no other shape has."""

    def __init__(self):
        self.count = 0
        self.left_out = set()

    def __call__(self):
        self.count += 1
        return f"qx{self.count}"

    def deleted(self):
        """A word that the last revision does not have."""
        word = self()
        self.left_out.add(word)
        return word


# Word


def paragraph(text):
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def box(text, tag):
    inner = f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"
    if tag == "v":
        return f"<w:pict><v:shape><v:textbox>{inner}</v:textbox></v:shape></w:pict>"
    return (
        "<w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp><wps:txbx>"
        f"{inner}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def cell(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{text}</w:tc>"


SPAN = '<w:gridSpan w:val="2"/>'
FIRST, BELOW = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
OPEN = "<w:p><w:r><w:t>"


def rows(*several, properties=""):
    """A table of rows of cells, each a text and its properties; the first row has others."""
    made = ""
    for row in several:
        made += f"<w:tr>{properties}{''.join(cell(paragraph(text), of) for text, of in row)}</w:tr>"
        properties = ""
    return f"<w:tbl>{made}</w:tbl>"


DOCX = {
    "paragraph": lambda w: paragraph(w()),
    "heading": lambda w: (
        f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{w()}</w:t></w:r></w:p>'
    ),
    "insertion": lambda w: f"<w:p><w:ins><w:r><w:t>{w()}</w:t></w:r></w:ins></w:p>",
    "deletion": lambda w: (
        f"<w:p><w:r><w:t>{w()}</w:t></w:r><w:del><w:r><w:delText>{w.deleted()}</w:delText></w:r>"
        "</w:del></w:p>"
    ),
    "move": lambda w: (
        f"<w:p><w:moveFrom><w:r><w:t>{w.deleted()}</w:t></w:r></w:moveFrom>"
        f"<w:moveTo><w:r><w:t>{w()}</w:t></w:r></w:moveTo></w:p>"
    ),
    "control": lambda w: f"<w:sdt><w:sdtContent>{paragraph(w())}</w:sdtContent></w:sdt>",
    "inline control": lambda w: (
        f"<w:p><w:sdt><w:sdtContent><w:r><w:t>{w()}</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    ),
    "simple field": lambda w: (
        f'<w:p><w:fldSimple w:instr="X"><w:r><w:t>{w()}</w:t></w:r></w:fldSimple></w:p>'
    ),
    "field": lambda w: (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        "<w:r><w:instrText>REF</w:instrText></w:r>"
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{w()}</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ),
    "link": lambda w: (
        f'<w:p><w:hyperlink w:anchor="x"><w:r><w:t>{w()}</w:t></w:r></w:hyperlink></w:p>'
    ),
    "tag": lambda w: f"<w:p><w:smartTag><w:r><w:t>{w()}</w:t></w:r></w:smartTag></w:p>",
    "equation": lambda w: f"<w:p><m:oMath><m:r><m:t>{w()}</m:t></m:r></m:oMath></w:p>",
    "equations": lambda w: (
        f"<w:p><m:oMathPara><m:oMath><m:r><m:t>{w()}</m:t></m:r></m:oMath></m:oMathPara></w:p>"
    ),
    "ruby": lambda w: (
        f"<w:p><w:r><w:ruby><w:rt><w:r><w:t>{w()}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{w()}"
        "</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
    ),
    "breaks": lambda w: (
        f"<w:p><w:r><w:t>{w()}</w:t><w:br/><w:t>{w()}</w:t><w:cr/><w:t>{w()}</w:t><w:tab/>"
        f"<w:t>{w()}</w:t></w:r></w:p>"
    ),
    "drawn box": lambda w: f"<w:p><w:r>{box(w(), 'wps')}</w:r></w:p>",
    "old box": lambda w: f"<w:p><w:r><w:t>{w()}</w:t></w:r><w:r>{box(w(), 'v')}</w:r></w:p>",
    "box of both kinds": lambda w: (
        (word := w())
        and f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box(word, 'wps')}</mc:Choice><mc:Fallback>"
        f"{box(word, 'v')}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    ),
    "table": lambda w: rows(
        [(w(), ""), (w(), SPAN)],
        [(w(), FIRST), (w(), ""), (w() + "</w:t></w:r></w:p><w:p><w:r><w:t>" + w(), "")],
        [("", BELOW), (w(), ""), (w(), "")],
        properties="<w:trPr><w:tblHeader/></w:trPr>",
    ),
    "table in a table": lambda w: rows(
        [(f"{w()}</w:t></w:r></w:p>{rows([(w(), '')])}{OPEN}{w()}", "")]
    ),
    "row control": lambda w: (
        f"<w:tbl><w:sdt><w:sdtContent><w:tr>{cell(paragraph(w()))}{cell(paragraph(w()))}</w:tr>"
        "</w:sdtContent></w:sdt></w:tbl>"
    ),
    "comment": lambda w: (
        f'<w:p><w:r><w:t>{w()}</w:t></w:r><w:r><w:commentReference w:id="1"/></w:r></w:p>'
    ),
    "notes": lambda w: (
        f'<w:p><w:r><w:t>{w()}</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        '<w:r><w:endnoteReference w:id="2"/></w:r></w:p>'
    ),
    "bold": lambda w: f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{w()}</w:t></w:r></w:p>",
}
SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "v": "urn:schemas-microsoft-com:vml",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    }.items()
)


def docx_of(shapes, words):
    """A Word document of these shapes, and one of every other part that may have words."""
    body = "".join(DOCX[shape](words) for shape in shapes)
    note = '<w:{0} w:id="2">{1}</w:{0}>'
    table = f"<w:tbl><w:tr>{cell(paragraph(words()))}{cell(paragraph(words()))}</w:tr></w:tbl>"
    parts = {
        "header1": ("header", f"<w:hdr {SPACES}>{paragraph(words())}{table}</w:hdr>"),
        "footer1": ("footer", f"<w:ftr {SPACES}>{paragraph(words() + ' page 3')}</w:ftr>"),
        "comments": (
            "comments",
            f'<w:comments {SPACES}><w:comment w:id="1" w:author="Ada">{paragraph(words())}'
            f'</w:comment><w:comment w:id="7">{paragraph(words())}</w:comment></w:comments>',
        ),
        "data1": (
            "diagramData",
            f"<dgm:dataModel {SPACES}><dgm:pt><a:p><a:r><a:t>{words()}</a:t></a:r></a:p></dgm:pt>"
            "</dgm:dataModel>",
        ),
    }
    if "notes" in shapes:
        for kind in ("footnote", "endnote"):
            inner = note.format(kind, paragraph(words()))
            parts[f"{kind}s"] = (f"{kind}s", f"<w:{kind}s {SPACES}>{inner}</w:{kind}s>")
    with zipfile.ZipFile(io.BytesIO(make_docx([]))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name in [name for name in files if "header" in name or "footer" in name]:
        del files[name]
    relations = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{name}.xml"/>'
        for name, (kind, _) in parts.items()
    )
    styles = f'<Relationship Id="s" Type="{R}/styles" Target="styles.xml"/>'
    files["word/_rels/document.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{styles}{relations}</Relationships>"
    )
    files["word/document.xml"] = f"<w:document {SPACES}><w:body>{body}</w:body></w:document>"
    files.update({f"word/{name}.xml": data for name, (_, data) in parts.items()})
    return zipped(files)


# OpenDocument

ODT = {
    "paragraph": lambda w: f"<text:p>{w()}</text:p>",
    "heading": lambda w: f'<text:h text:outline-level="2">{w()}</text:h>',
    "title": lambda w: f'<text:p text:style-name="Title">{w()}</text:p>',
    "spans": lambda w: (
        f"<text:p><text:span>{w()}<text:s/>{w()}</text:span><text:tab/>{w()}</text:p>"
    ),
    "link": lambda w: f"<text:p><text:a>{w()}</text:a><text:line-break/>{w()}</text:p>",
    "list": lambda w: (
        f"<text:list><text:list-item><text:p>{w()}</text:p><text:list><text:list-item><text:p>{w()}"
        "</text:p></text:list-item></text:list></text:list-item></text:list>"
    ),
    "section": lambda w: f"<text:section><text:p>{w()}</text:p></text:section>",
    "note": lambda w: (
        f"<text:p>{w()}<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>"
        f"{w()}</text:p></text:note-body></text:note>{w()}</text:p>"
    ),
    "comment": lambda w: (
        f"<text:p>{w()}<office:annotation><dc:creator>Ada</dc:creator><dc:date>2025</dc:date>"
        f"<text:p>{w()}</text:p></office:annotation>{w()}<office:annotation-end/></text:p>"
    ),
    "box": lambda w: (
        f"<text:p><draw:frame><draw:text-box><text:p>{w()}</text:p></draw:text-box></draw:frame>"
        f"{w()}</text:p>"
    ),
    "box of the page": lambda w: (
        f"<draw:frame><draw:text-box><text:p>{w()}</text:p></draw:text-box></draw:frame>"
    ),
    "shape": lambda w: (
        f"<text:p><draw:custom-shape><text:p>{w()}</text:p></draw:custom-shape></text:p>"
    ),
    "field": lambda w: f"<text:p><text:user-defined>{w()}</text:user-defined></text:p>",
    "deletion": lambda w: (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>"
        f"{w.deleted()}</text:p></text:deletion></text:changed-region></text:tracked-changes>"
    ),
    "ruby": lambda w: (
        f"<text:p><text:ruby><text:ruby-base>{w()}</text:ruby-base><text:ruby-text>{w()}"
        "</text:ruby-text></text:ruby></text:p>"
    ),
    "table": lambda w: (
        "<table:table><table:table-header-rows><table:table-row><table:table-cell "
        f'table:number-columns-spanned="2"><text:p>{w()}</text:p></table:table-cell>'
        "<table:covered-table-cell/></table:table-row></table:table-header-rows><table:table-row>"
        f"<table:table-cell><text:p>{w()}</text:p><text:p>{w()}</text:p></table:table-cell>"
        f"<table:table-cell><text:p>{w()}<text:note><text:note-body><text:p>{w()}</text:p>"
        "</text:note-body></text:note></text:p></table:table-cell></table:table-row></table:table>"
    ),
}


def odt_of(shapes, words):
    body = "".join(ODT[shape](words) for shape in shapes)
    with zipfile.ZipFile(io.BytesIO(make_odt([("text", "It is deep.")]))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    drawn = ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:'
    files["content.xml"] = files["content.xml"].replace(" xmlns:", drawn, 1)
    files["content.xml"] = files["content.xml"].replace("</office:text>", f"{body}</office:text>")
    margins = "".join(
        f"<style:{kind}><text:p>{words()} <text:page-number>3</text:page-number></text:p>"
        f"</style:{kind}>"
        for kind in ("header", "header-left", "footer", "footer-first")
    )
    files["styles.xml"] = files["styles.xml"].replace(
        "</style:master-page>", f"{margins}</style:master-page>"
    )
    return zipped(files)


# RTF

RTF = {
    "paragraph": lambda w: f"\\pard {w()}\\par\n",
    "bold": lambda w: f"{{\\b {w()}}} {w()}\\par\n",
    "table": lambda w: f"\\trowd\\cellx900 {w()}\\cell {w()}\\cell\\row\n",
    "note": lambda w: f"{w()}{{\\footnote {w()}}} {w()}\\par\n",
    "line": lambda w: f"{w()}\\line {w()}\\tab {w()}\\par\n",
    "field": lambda w: (
        '{\\field{\\*\\fldinst HYPERLINK "http://x.example"}{\\fldrslt ' + w() + "}}\\par\n"
    ),
    "comment": lambda w: f"{w()}{{\\*\\annotation {w()}}}\\par\n",
    "box": lambda w: f"{{\\shp{{\\*\\shpinst{{\\shptxt {w()}\\par}}}}}}{w()}\\par\n",
    "list": lambda w: f"{{\\listtext 1.\\tab}}{w()}\\par\n",
    "escaped": lambda w: f"\\{{{w()}\\}} \\u8364?{w()} \\'e9\\par\n",
}


def rtf_of(shapes, words):
    margins = f"{{\\header {words()}\\par}}{{\\footerr {{\\b {words()}}}\\par}}"
    body = "".join(RTF[shape](words) for shape in shapes)
    return f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}{margins}\n{body}}}".encode("ascii")


# EPUB

XHTML = {
    "paragraph": lambda w: f"<p>{w()}</p>",
    "heading": lambda w: f"<h2>{w()}</h2>",
    "inline": lambda w: f"<p><b>{w()}</b> <i>{w()}</i> <code>{w()}</code> {w()}</p>",
    "division": lambda w: f"<div>{w()}<div>{w()}</div>{w()}</div>",
    "list": lambda w: f"<ol><li>{w()}<ul><li>{w()}</li></ul></li></ol>",
    "terms": lambda w: f"<dl><dt>{w()}</dt><dd>{w()}</dd></dl>",
    "table": lambda w: (
        f"<table><caption>{w()}</caption><tr><th>{w()}</th><th>{w()}</th></tr><tr><td>{w()}</td>"
        f"<td>{w()}</td></tr></table>"
    ),
    "quotation": lambda w: f"<blockquote><p>{w()}</p></blockquote>",
    "code": lambda w: f"<pre>{w()}\n  {w()}</pre>",
    "figure": lambda w: f"<figure><img src='a.png'/><figcaption>{w()}</figcaption></figure>",
    "section": lambda w: f"<section><header><h3>{w()}</h3></header><p>{w()}</p></section>",
    "aside": lambda w: f"<aside><p>{w()}</p></aside>",
    "footer": lambda w: f"<footer><p>{w()}</p></footer>",
    "note": lambda w: f"<p>{w()}<sup>2</sup> {w()}</p>",
    "bare": lambda w: f"{w()}<br/>{w()}",
    "details": lambda w: f"<details><summary>{w()}</summary>{w()}</details>",
    "rule": lambda w: f"<p>{w()}</p><hr/><address>{w()}</address>",
}


def epub_of(shapes, words):
    with zipfile.ZipFile(io.BytesIO(make_epub([("text", "It is deep.")]))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    body = "".join(XHTML[shape](words) for shape in shapes)
    files["book/c0.xhtml"] = files["book/c0.xhtml"].replace("</body>", f"{body}</body>")
    return zipped(files)


# Mail


def part(kind, text, *, encoded=False, head=""):
    body = base64.encodebytes(text.encode()).decode() if encoded else text
    encoding = "base64" if encoded else "8bit"
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n{head}\n{body}\n"


def multipart(kind, parts, words):
    boundary = f"b{words.count}"
    joined = "".join(f"--{boundary}\n{each}\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{joined}--{boundary}--\n'


def versions(words):
    word = words()
    return [
        part("text/plain", f"{word} {word}"),
        part("text/html", f"<p>{word}</p><p>{words()}</p>"),
    ]


MAIL = {
    "plain": lambda w: part("text/plain", w()),
    "encoded": lambda w: part('text/plain; charset="utf-8"', w(), encoded=True),
    "html": lambda w: part("text/html", f"<div class='social promo'>{w()}</div><p>{w()}</p>"),
    "table": lambda w: part("text/html", f"<table><tr><td>{w()}</td><td>{w()}</td></tr></table>"),
    "versions": lambda w: multipart("alternative", versions(w), w),
    "related": lambda w: multipart("related", [part("text/html", f"<b>{w()}</b>")], w),
    "nested": lambda w: multipart("mixed", [part("text/plain", w()), part("text/plain", w())], w),
    "forwarded": lambda w: (
        f"Content-Type: message/rfc822\n\nFrom: {w()} <x@x.example>\nSubject: {w()}\n\n{w()}\n"
    ),
    "named": lambda w: part("text/plain; name=qx0.txt", w()),
    "reply": lambda w: part(
        "text/plain", f"{w()}\n\nOn Monday, {w()} <o@x.example> wrote:\n> {w()}\n>> {w()}\n"
    ),
    "signature": lambda w: part("text/plain", f"{w()}\n\n-- \n{w()}\n"),
    "original": lambda w: part(
        "text/plain",
        f"{w()}\n-----Original Message-----\nFrom: {w()}\nSent: {w()}\nTo: {w()}\n\n{w()}\n",
    ),
    "quoted page": lambda w: part(
        "text/html", f"{w()}<blockquote type='cite'>{w()} wrote:<p>{w()}</p></blockquote>{w()}"
    ),
    "calendar": lambda w: part(
        "text/calendar",
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:{w()}\nLOCATION:{w()}\nDTSTART:20250101T100000Z\n"
        f"DESCRIPTION:{w()}\nEND:VEVENT\nEND:VCALENDAR",
    ),
    "report": lambda w: f"Content-Type: message/delivery-status\n\nX: {w()}\n\nY: {w()}\n",
}


def mail_of(shapes, words):
    head = (
        f"Message-ID: <1@x>\nFrom: {words()} <a@x.example>\nSubject: {words()}\nMIME-Version: 1.0\n"
    )
    return (head + multipart("mixed", [MAIL[shape](words) for shape in shapes], words)).encode()


def mail_dump(data):
    """The words of all headers and text parts, by the standard library."""
    message = message_from_bytes(data, policy=policy.default)
    texts = []
    for each in message.walk():
        texts += [str(each["From"]), str(each["Subject"])]
        if not each.is_multipart():
            texts.append((each.get_payload(decode=True) or b"").decode())
        elif each.get_content_type() == "message/delivery-status":
            texts += [str(inner) for inner in each.get_payload()]
    return set(WORD.findall(" ".join(texts)))


FORMATS = {
    "docx": (DOCX, docx_of, unpacked),
    "odt": (ODT, odt_of, unpacked),
    "rtf": (RTF, rtf_of, lambda data: set(WORD.findall(data.decode()))),
    "epub": (XHTML, epub_of, unpacked),
    "eml": (MAIL, mail_of, mail_dump),
}


def lost(folder, suffix, shapes):
    """The words of a file of these shapes that cannot be quoted, those of no revision aside."""
    _, make, dump = FORMATS[suffix]
    words = Words()
    data = make(shapes, words)
    assert dump(data) == {f"qx{number}" for number in range(1, words.count + 1)}
    (folder / f"a.{suffix}").write_bytes(data)
    document = load(folder / f"a.{suffix}", folder=folder)
    found = quotable(document)
    assert found.isdisjoint(words.left_out)
    return dump(data) - words.left_out - found


@pytest.mark.parametrize(
    ("suffix", "shape"), [(suffix, shape) for suffix, each in FORMATS.items() for shape in each[0]]
)
def test_every_word_of_a_shape_can_be_quoted(tmp_path, suffix, shape):
    assert lost(tmp_path, suffix, [shape]) == set()


@pytest.mark.parametrize("suffix", FORMATS)
@given(data=st.data())
@settings(max_examples=25)
def test_every_word_of_many_shapes_together_can_be_quoted(tmp_path_factory, suffix, data):
    shapes = data.draw(
        st.lists(st.sampled_from(sorted(FORMATS[suffix][0])), min_size=1, max_size=12)
    )
    assert lost(tmp_path_factory.mktemp("whole"), suffix, shapes) == set()


# What is no text is in the notes.


@pytest.mark.parametrize(
    ("suffix", "markup", "note"),
    [
        ("docx", "<w:p><w:r><w:drawing><a:blip/></w:drawing></w:r></w:p>" * 2, "2 pictures"),
        ("odt", "<text:p><draw:frame><draw:image/></draw:frame></text:p>", "1 picture"),
        (
            "odt",
            "<text:p><draw:frame><draw:object/><draw:image/></draw:frame></text:p>",
            "1 embedded",
        ),
        ("epub", "<p><img src='a.png'/></p><p><img src='b.png' alt='A well'/></p>", "2 pictures"),
    ],
)
def test_pictures_are_in_the_notes(tmp_path, suffix, markup, note):
    shapes, make, _ = FORMATS[suffix]
    shapes["markup"] = lambda _: markup
    try:
        data = make(["paragraph" if "paragraph" in shapes else "plain", "markup"], Words())
    finally:
        del shapes["markup"]
    (tmp_path / f"a.{suffix}").write_bytes(data)
    document = load(tmp_path / f"a.{suffix}", folder=tmp_path)
    assert [each for each in document.notes if each.startswith(note)], document.notes
