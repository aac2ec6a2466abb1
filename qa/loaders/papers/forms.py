"""Macros and environments of LaTeX: what they are for, and the form of their arguments."""

from __future__ import annotations

HEADINGS = {
    **{"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4},
    **{"paragraph": 5, "subparagraph": 6, "frametitle": 2},
}
TABLES = {"tabular", "tabular*", "tabularx", "tabulary", "longtable", "array", "supertabular"}
RULES = {"hline", "midrule"}
CODE = {"verbatim", "lstlisting", "minted", "Verbatim", "alltt"}
MATH = {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat"}
REFERENCES = {"ref", "eqref", "autoref", "cref", "Cref"}
SKIPPED = {"comment", "filecontents", "tikzpicture", "picture"}
# Macros whose arguments are not printed, or not here.
UNSEEN = set(
    "label ref pageref eqref autoref cref usepackage documentclass newcommand renewcommand "
    "providecommand def newenvironment bibliographystyle bibliography includegraphics hline cline "
    "toprule midrule bottomrule cmidrule vspace hspace setlength input include title author date "
    "pagestyle thispagestyle maketitle tableofcontents newpage clearpage centering hfill "
    "setcounter addtocounter graphicspath hypersetup color definecolor today affil rowcolor "
    "cellcolor columncolor rule index markboth markright addcontentsline footnotemark vskip hskip "
    "pdfbookmark phantomsection DeclareUnicodeCharacter newlength addtolength numberwithin "
    "theoremstyle newtheorem captionsetup selectfont fontsize linespread IEEEpeerreviewmaketitle "
    "bibinfo nocite tabcolsep arraystretch noindent protect endfirsthead endhead "
    "endfoot endlastfoot crefname Crefname hyphenation pagenumbering lstset".split()
)
# Entries of a curriculum by moderncv, with the form of their arguments, as below.
CV_ENTRIES = {
    "cventry": "[{{{{{{",
    **dict.fromkeys(("cvitem", "cvline"), "[{{"),
    **dict.fromkeys(("cvitemwithcomment", "cvlanguage"), "[{{{"),
    "cvdoubleitem": "[{{{{",
}
# The form of arguments that pylatexenc does not know: "[" is one that may be left out.
ARGUMENTS = {
    **dict.fromkeys(HEADINGS, "*[{"),
    **dict.fromkeys(
        "bibliographystyle bibliography pagestyle thispagestyle graphicspath".split(), "{"
    ),
    **dict.fromkeys("vspace hspace".split(), "*{"),
    **dict.fromkeys("setlength addtolength setcounter addtocounter".split(), "{{"),
    **dict.fromkeys("hypersetup color theoremstyle lstset pagenumbering".split(), "{"),
    "multicolumn": "{{{",
    "multirow": "[{[{[{",
    **dict.fromkeys(("href", "textcolor", "texorpdfstring", "hypertarget", "hyperlink"), "{{"),
    **dict.fromkeys(("url", "thanks", "framesubtitle", "subfile", "date"), "{"),
    **dict.fromkeys(("mbox", "underline", "bibitem", "includegraphics", "author", "affil"), "[{"),
    **dict.fromkeys(("title", "subtitle", "hyperref", "scalebox", "centerline", "fbox"), "[{"),
    **dict.fromkeys(("makebox", "framebox", "rotatebox", "pdfbookmark"), "[[{"),
    **dict.fromkeys(("linespread", "hyphenation", "nocite"), "{"),
    **CV_ENTRIES,
    "footnotemark": "[",
    "parbox": "[[[{{",
    "raisebox": "{[[{",
    "resizebox": "*{{{",
    **dict.fromkeys(("colorbox", "adjustbox"), "[{{"),
    **dict.fromkeys(("fcolorbox", "addcontentsline", "definecolor"), "{{{"),
    **dict.fromkeys(("rowcolor", "cellcolor", "columncolor", "captionsetup", "index"), "[{"),
    **dict.fromkeys(("rule", "newtheorem"), "[{{"),
    **dict.fromkeys(("SI", "qty"), "[{[{"),
    **dict.fromkeys(("num", "si", "unit", "ang", "gls", "Gls", "glspl", "ac", "acp"), "[{"),
    **dict.fromkeys(("SIrange", "qtyrange"), "[{{{"),
    **dict.fromkeys(("markboth", "fontsize", "DeclareUnicodeCharacter", "numberwithin"), "{{"),
    **dict.fromkeys(("cite", "citep", "citet", "citeauthor", "autocite", "textcite"), "*[[{"),
    **dict.fromkeys(("parencite", "citealp", "citealt", "citeyear", "footcite"), "*[[{"),
    **dict.fromkeys(("caption", "footnote", "footnotetext", "subcaption", "captionof"), "*[{"),
    **dict.fromkeys(("ref", "autoref", "cref", "Cref", "eqref", "label", "pageref"), "*{"),
}
ENVIRONMENTS = {
    **dict.fromkeys(("thebibliography", "multicols", "minted", "subfigure", "wraptable"), "[{"),
    **dict.fromkeys(("tabularx", "tabulary", "tabular*"), "{[{"),
    **dict.fromkeys(("longtable", "longtable*", "minipage", "supertabular", "varwidth"), "[{"),
    **dict.fromkeys(("lstlisting", "figure", "table", "frame", "figure*", "table*"), "["),
    **dict.fromkeys(("enumerate", "itemize", "description"), "["),
    "adjustbox": "{",
    "wrapfigure": "[{[{",
}
# The titles of these are groups behind their beginning.
TITLED = {"frame": 2, "block": 3, "alertblock": 3, "exampleblock": 3}
# The parts of a long table: the header of its first page, of the others, and their footers.
HEADS = ("endfirsthead", "endhead", "endfoot", "endlastfoot")
ITEMS = {"itemize": False, "enumerate": True, "compactitem": False, "compactenum": True}
WRAPPING = {"parbox", "raisebox", "resizebox", "scalebox", "fbox", "makebox", "framebox"} | {
    *("centerline", "rotatebox", "colorbox", "fcolorbox", "adjustbox", "hyperref", "hypertarget"),
    *("hyperlink", "href", "textcolor", "url", "underline", "mbox", "texorpdfstring"),
}
UNIT_LAST = {"SI", "qty", "si", "unit", "SIrange", "qtyrange"}
UNITS = UNIT_LAST | {"num", "ang"}
SEPARATORS = {"and", "And", "AND"}
OTHER_FILES = {"input", "include", "subfile"}
