"""LaTeX: the words of the printed page."""

import pytest
from making import of_kind

from qa.errors import UnreadableDocument
from qa.loaders.papers.latex import looks_like_latex

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
    assert of_kind(document, "heading") == ["The Well of Ystad", "Depth & width", "Repair"]
    assert of_kind(document, "body") == [
        *("Ada Blum, Otto Kern", "12 March 2024"),
        "The well is 19 m deep and lined with stone [kern20]. Günther says “deep” — by 50 %.",
        *("In summer.", "It holds x^2 = 4 litres.", "Wells in May"),
        *("Dig, see the plan", "[B] Line it", "E = mc^2", "x = 1 % kept", "Kern, O. Wells."),
    ]
    assert of_kind(document, "columns", "row") == [
        *("Name | Depth", "Ystad | 19 m", "all of them old")
    ]
    assert document.notes == ("1 part in other files: annex", "1 picture without text")


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
