"""LaTeX: the words of the printed page."""

import pytest
from making import of_kind

from qa.errors import UnreadableDocument
from qa.loaders.papers.latex import looks_like_latex
from qa.loaders.papers.macros import body_of, defined_in, expanded

SOURCE = r"""% a comment
\documentclass[a4paper]{article}
\newcommand{\old}[1]{\emph{#1}}
\title{The Well of \textbf{Ystad}}
\author{Ada Blum \and Otto Kern}
\date{12 March 2024}
\begin{document}
\maketitle
\section{Depth \& width}\label{s}
The well is 19~m deep\footnote{In summer.} and \old{lined}
with stone~\cite{kern20}. G\"unther says ``deep'' --- by 50\,\%.

It holds $x^2 = 4$ litres. % of water
\begin{table}[h]
\caption{Wells in \emph{May}}
\begin{tabular}{lr}
\toprule Name & Depth \\ \midrule
Ystad & 19~m \\
\multicolumn{2}{c}{all of them \textbf{old}} \\
\end{tabular}
\end{table}
\subsection*{Repair}
\begin{itemize}
\item Dig, see \href{http://x.example}{the plan}
\item[B] Line it
\end{itemize}
\begin{equation} E = mc^2 \end{equation}
\begin{verbatim}
x = 1 % kept
\end{verbatim}
\includegraphics{well.png}\input{annex}
\begin{thebibliography}{9}\bibitem{kern20} Kern, O. Wells.\end{thebibliography}
\end{document}
"""


@pytest.mark.parametrize("name", ["well.tex", "well.txt"])
def test_latex_is_read_as_it_is_printed(read, name):
    document = read(SOURCE, name)
    assert (document.title, document.author) == ("The Well of Ystad", "Ada Blum, Otto Kern")
    assert document.date == "2024-03-12"
    assert of_kind(document, "heading") == ["The Well of Ystad", "1 Depth & width", "Repair"]
    assert of_kind(document, "body") == [
        *("Ada Blum, Otto Kern", "12 March 2024"),
        "The well is 19 m deep and lined with stone [kern20]. Günther says “deep” — by 50 %.",
        *("In summer.", "It holds x^2 = 4 litres.", "Table 1: Wells in May"),
        *(
            "Dig, see the plan",
            "[B] Line it",
            "E = mc^2",
            "x = 1 % kept",
            "[kern20] Kern, O. Wells.",
        ),
    ]
    assert of_kind(document, "columns", "row") == [
        *("Name | Depth", "Ystad | 19 m", "all of them old")
    ]
    assert document.notes == ("1 part in other files: annex", "1 picture without text")


PAPER = r"""\documentclass[11pt]{article}
\newcommand{\sys}{\textsc{Larkbase}\xspace}
\newcommand\eg{e.g.,\ }
\def\etal{\emph{et al.}}
\newcommand{\be}{\begin{equation}}
\newcommand{\ee}{\end{equation}}
\newcommand{\pair}[2][none]{#2 before #1}
\newcommand{\hidden}[1]{}
\DeclareMathOperator{\rank}{rank}
\newenvironment{note}{\begin{center}\begin{minipage}{5cm}}{\end{minipage}\end{center}}
\ifdefined\foo\else\newenvironment{bar}{\begin{quote}}{\end{quote}}\fi
% \begin{document} is below
\title[Short]{\sys: Fast Search\thanks{Paid by Orr.}}
\author{Mina Orr\\ Dept.\ of Maps\\ \texttt{mina@orr.example} \and Leo Kay}
\date{\today}
\begin{document}
\maketitle
\begin{abstract} We present \sys, \eg a tool. \pair{One}, \pair[two]{one}.
\hidden{Not this.} \end{abstract}
\paragraph{Data.} By Kern \etal in \SI{32}{GB}, see \S\ref{x}: \parbox[t]{3cm}{a box}.
\be \rank A = 2 \ee
\begin{table*}
\resizebox{\textwidth}{!}{%
\begin{tabular}{@{}l|cc|r@{}}
\toprule
\multirow{2}{*}{\textbf{Model}} & \multicolumn{2}{c|}{Score} & \multirow{2}{*}{Time} \\
\cmidrule(lr){2-3}
 & EM & F1 & \\
\midrule
\rowcolor{gray!10} \sys (ours) & 84.2 & 90.3 & 1 s \\[2pt]
\end{tabular}}
\end{table*}
\begin{enumerate}
\item Dig
\item Line
\end{enumerate}
\begin{description}\item[Encoder] has 12 layers.\end{description}
\begin{longtable}{ll}
\caption{Ports}\\
City & Port \\ \hline
\endfirsthead
City & Port \\ \hline
\endhead
\multicolumn{2}{r}{continued}\\
\endfoot
\hline
\endlastfoot
Ystad & 12\\
Lund & 9\\
\end{longtable}
\begin{note}It stands.\end{note}
\bibliographystyle{plain}
\end{document}
"""


def test_a_paper_is_read_with_its_macros(read):
    document = read(PAPER, "paper.tex")
    assert document.title == "Larkbase: Fast Search"
    assert document.author == "Mina Orr, Leo Kay"
    assert of_kind(document, "heading") == [document.title, "Abstract", "Data."]
    assert of_kind(document, "body") == [
        "Mina Orr\nDept. of Maps\nmina@orr.example\nLeo Kay",
        "Paid by Orr.",
        "We present Larkbase, e.g., a tool. One before none, one before two.",
        "By Kern et al. in 32 GB, see §: a box.",
        *("rank A = 2", "Dig", "Line", "Encoder has 12 layers.", "Table 1: Ports", "It stands."),
    ]
    assert of_kind(document, "columns", "row") == [
        *("Model | Score | Time", "| EM | F1 |", "Larkbase (ours) | 84.2 | 90.3 | 1 s"),
        *("City | Port", "Ystad | 12", "Lund | 9"),
    ]
    rows = [block for block in document.blocks if block.kind == "row"]
    assert [len(row.cells) for row in rows] == [4, 2, 2]
    items = [(block.depth, block.number) for block in document.blocks if block.depth]
    assert items == [(1, 1), (1, 2)]


def test_what_is_never_closed_hides_nothing(read):
    source = r"""\documentclass{article}\begin{document}
\begin{center} One. \end{flushleft} Two. \end{quote}

Three. } Four. \begin{quote} Five."""
    document = read(source, "open.tex")
    words = " ".join(document.text.split())
    assert [each for each in ("One", "Two", "Three", "Four", "Five") if each not in words] == []


@pytest.mark.parametrize(
    "source",
    [
        r"\newcommand{\a}[1]{#1#1}\begin{document}" + r"\a{" * 300 + "b" + "}" * 300,
        r"\newcommand{\a}[2]{#1#1}\begin{document}" + r"\a{" * 300 + "b" + "}" * 300,
        r"\newcommand{\a}{\b\b}\newcommand{\b}{\c\c}\newcommand{\c}{\a\a}\begin{document}b\a",
        r"\newcommand{\a}{" + "b" * 1_900 + r"}\begin{document}" + r"\a" * 3_000,
    ],
)
def test_macros_that_multiply_a_text_are_left(source):
    preamble, body = body_of(source)
    assert "b" in (done := expanded(body, defined_in(preamble, body)))
    assert len(done) < 3_000_000


def test_a_text_about_latex_is_not_latex():
    assert not looks_like_latex("Begin with\n\\documentclass{article}\n")
    assert looks_like_latex("% it\n\n  \\documentclass{article}\n")


@pytest.mark.parametrize(
    "source",
    ["{" * 5_000, r"\begin{a}" * 3_000, r"\frac{" * 3_000, r"\section", "$" * 9_999, r"\href"],
)
def test_odd_latex_is_an_error_or_empty(read, source):
    with pytest.raises(UnreadableDocument):
        read(source, "odd.tex")


REFERENCES = r"""\documentclass{article}
\begin{document}
\section{Hives}\label{sec:hives}
See Table~\ref{tab:loss}, \autoref{fig:map}, Section~\ref{sec:loss} and \eqref{eq:loss}.
\begin{table}\caption{Loss}\label{tab:loss}
\begin{tabular}{lr}\hline Hive & Loss\\\hline Log & 3\\ Foam & 14\\\end{tabular}\end{table}
\begin{figure}\includegraphics{a}\caption{Map}\label{fig:map}\end{figure}
\section*{Thanks}
\section{Results}
\subsection{Loss}\label{sec:loss}
\begin{equation}\label{eq:loss} L = d \end{equation}
% \label{tab:none}
It is \ref{tab:none} low~\cite{ost}.
\begin{thebibliography}{9}\bibitem{ost} Ost, P. Bees.\end{thebibliography}
\end{document}
"""


def test_several_references_are_told_with_or_without_spaces(read):
    several = REFERENCES.replace(r"See Table~\ref{tab:loss},", r"See \cref{tab:loss, fig:map},")
    assert several != REFERENCES
    first, *_ = of_kind(read(several, "bees.tex"), "body")
    assert first.startswith("See Table 1, Figure 1, Figure 1, Section 2.1")


def test_references_are_the_numbers_of_what_they_name(read):
    assert of_kind(read(REFERENCES, "bees.tex"), "body") == [
        "See Table 1, Figure 1, Section 2.1 and (1).",
        *("Table 1: Loss", "Figure 1: Map", "L = d"),
        "It is low [ost].",
        "[ost] Ost, P. Bees.",
    ]


NUMBERED = r"""\documentclass{article}
\setcounter{tocdepth}{1}
\begin{document}
\section{Hives}\label{hives}
\subsection*{On the wall}
\subsection{In trees}\label{trees}
See Section~\ref{trees}, and item~\ref{smoke}.
\begin{enumerate}\item Veil\item Smoke\label{smoke}\end{enumerate}
\appendix
\section{Records}
\end{document}
"""


def test_headings_have_the_numbers_that_references_name(read):
    document = read(NUMBERED)
    assert document.title == "Hives"
    headings = [document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"]
    assert headings == ["1 Hives", "On the wall", "1.1 In trees", "A Records"]
    assert "See Section 1.1, and item 2." in document.text


@pytest.mark.parametrize(
    ("setting", "heading"),
    [(r"\setcounter{secnumdepth}{0}", "Hives"), (r"\setcounter{secnumdepth}{1}", "1 Hives")],
)
def test_headings_are_numbered_as_deep_as_the_document_says(read, setting, heading):
    document = read(NUMBERED.replace(r"\setcounter{tocdepth}{1}", setting))
    headings = [document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"]
    assert headings[0] == heading
    assert headings[2] == "In trees"


def test_what_is_said_of_an_author_is_read_once(read):
    source = r"\documentclass{a}\title{Bees}\author{Ada Lund\thanks{Abbey Farm}}"
    document = read(source + r"\begin{document}\maketitle It is warm.\end{document}")
    assert document.text.count("Abbey Farm") == 1


def test_cells_merged_with_those_above_them_have_their_value_there_too(read):
    document = read(
        r"""\begin{document}\begin{tabular}{lccc}
Hive & \multicolumn{2}{c}{Honey} & \multirow{2}{*}{Keeper}\\ \cline{2-3}
 & light & dark & \\ \hline
Oak & 4.5 & 2.0 & \multirow{2}{*}{Asa Lind}\\
Elm & 3.1 & 2.2 & \\ \hline
 & 5.5 & 1.1 & \\
\multirow{-2}{*}{Ash} & 5.9 & 1.4 & \multirow{-2}{*}{Ola Berg}\\ \hline
\end{tabular}\end{document}"""
    )
    rows = [
        [document.text[a:b] for a, b in block.cells]
        for block in document.blocks
        if block.kind == "row"
    ]
    assert rows == [
        ["Oak", "4.5", "2.0", "Asa Lind"],
        ["Elm", "3.1", "2.2", "Asa Lind"],
        ["Ash", "5.5", "1.1", "Ola Berg"],
        ["Ash", "5.9", "1.4", "Ola Berg"],
    ]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\si{\cubic\metre\per\second}", "m³/s"),
        (r"\SI{3.5}{\kilo\watt\hour}", "3.5 kW h"),
        (r"\qty{9.81}{\metre\per\second\squared}", "9.81 m/s²"),
        (r"\SI{21}{\degreeCelsius}", "21 °C"),
        (r"\qty{4}{\km}", "4 km"),
        (r"\SI{32}{GB}", "32 GB"),
        (r"\unit{kg.m\tothe{-3}}", "kg m^-3"),
    ],
)
def test_units_are_printed_with_their_signs(read, source, shown):
    text = rf"\documentclass{{article}}\begin{{document}}It is {source} here.\end{{document}}"
    assert read(text, "a.tex").text.strip() == f"It is {shown} here."


def test_degrees_are_printed_with_their_sign(read):
    body = r"At 18\,$^\circ$C, turn by $90^{\circ}$."
    text = rf"\documentclass{{article}}\begin{{document}}{body}\end{{document}}"
    assert "At 18 °C, turn by 90°." in read(text, "a.tex").text


def test_questions_of_an_examination_are_paragraphs(read):
    text = r"""\documentclass{exam}\begin{document}\begin{questions}
\question[12] Draw the curve.
\question Name the well.
\end{questions}\end{document}"""
    assert of_kind(read(text, "a.tex"), "body") == ["[12] Draw the curve.", "Name the well."]


def test_a_curriculum_vitae_has_its_person_and_its_entries(read):
    text = r"""\documentclass[11pt]{moderncv}
\name{Ada}{Blum}
\title{Bridge engineer}
\address{14 Quay}{271 00 Ystad}
\phone[mobile]{+46~411~555}
\begin{document}\makecvtitle
\section{Work}
\cventry{2019--now}{Lead}{Bridges AB}{Lund}{}{A bridge of 310~m.}
\cvitemwithcomment{German}{C1}{examined}
\cvitem{Software}{Tekla}
\end{document}"""
    document = read(text, "a.tex")
    assert (document.title, document.author) == ("Ada Blum", "Ada Blum")
    assert of_kind(document, "heading") == ["Ada Blum", "1 Work"]
    assert of_kind(document, "body") == [
        *("Bridge engineer", "14 Quay, 271 00 Ystad", "+46 411 555"),
        "2019–now: Lead, Bridges AB, Lund, A bridge of 310 m.",
        *("German: C1, examined", "Software: Tekla"),
    ]
