"""Which candidate answers best, and what speaks for each: the features of its probability."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.answers.candidates import MAX_LEAD, Candidate
from qa.answers.question_words import (
    content_stems,
    fit,
    has_name,
    stems,
    wants_heading,
    words,
)
from qa.types import Hit, Span

# What orders the candidates, and what the probability of one is computed from: see `Selection`.
ORDERING_FEATURES = frozenset({"score", "gap", "coverage", "length", "echo", "fit", "titled"})
ANSWER_FEATURES = ORDERING_FEATURES | {
    "margin",
    "behind",
    "share",
    "prior",
    "single",
    "dense",
    "lexical",
    "named",
    "documents",
}
# Candidates weighed, best by the reader's and the retriever's scores; those behind seldom win.
CONSIDERED = 6
# A reply answers before the message that it quotes: chosen on threads of our own, not fitted.
QUOTED = 2.0
# What may follow a heading on its line: "CLEANING. Bring it back clean", "LUNCH     Soup".
_AFTER_HEADING = re.compile(r"[*_:.]*(?:\s{2}|\n|$)|[*_]*\. |\.[*_]+ ")
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Selection:
    """A linear combination of named features that orders the candidates of a question.

    Fitted by :mod:`training.fit_selection`. The reader reads one passage at a time; what it
    cannot see is how the others compare.
    """

    weights: Mapping[str, float]

    def select(
        self, evidence: Evidence, candidates: Sequence[Candidate], limit: int
    ) -> list[Candidate]:
        """Return the best candidates, at most ``limit``, with ``ANSWER_FEATURES``, best first.

        ``candidates`` are those of :func:`~qa.answers.candidates.rank_candidates`.
        """
        considered = candidates[: max(CONSIDERED, limit)]
        weighed = [replace(each, features=evidence.features(each)) for each in considered]
        return self.ordered(weighed)[:limit]

    def ordered(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return candidates with the features of ``Evidence``, best first, compared."""
        features = [each.features for each in candidates]
        return [
            replace(candidates[at], features=each)
            for at, each in zip(self.order(features), self.compared(features), strict=True)
        ]

    def score(self, features: Mapping[str, float]) -> float:
        """Return ``Σ wᵢ xᵢ``, less ``QUOTED`` for what is quoted; higher is better."""
        fitted = sum(weight * features[name] for name, weight in self.weights.items())
        return fitted - QUOTED * features.get("quoted", 0.0)

    def order(self, features: Sequence[Mapping[str, float]]) -> list[int]:
        """Return the positions of the candidates with these features, best first."""
        scores = [self.score(each) for each in features]
        return sorted(range(len(scores)), key=lambda at: (-scores[at], at))

    def compared(self, features: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
        """Return the features of all candidates, best first, with those of their comparison.

        ``behind``: by how much its score is behind that of the first, 0 or less, clipped at
        ``-MAX_LEAD``. ``share``: its share under a softmax of the scores. ``prior``: the score
        without the reader's part.
        """
        ordered = [features[at] for at in self.order(features)]
        scores = [self.score(each) for each in ordered]
        behind = [max(score - scores[0], -MAX_LEAD) for score in scores]
        total = sum(map(math.exp, behind))
        return [
            {
                **each,
                "behind": less,
                "share": math.exp(less) / total,
                "prior": score - self.weights["score"] * each["score"],
            }
            for each, score, less in zip(ordered, scores, behind, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question beside all the passages found for it.

    ``rarity`` has a weight for each stem of the question's content words: the logarithm of one
    over the share of the passages that contain it, or whose heading does. ``has_name`` says
    whether a name or a number is among them, ``best`` the highest coverage of a sentence.
    """

    question: str
    rarity: Mapping[str, float]
    has_name: bool
    wants_heading: bool
    hits: Sequence[Hit]
    best: float
    documents: float

    @classmethod
    def of(cls, question: str, hits: Sequence[Hit]) -> Evidence:
        """Compare a question with all the passages found for it, read or not."""
        found = [stems(f"{hit.passage.heading} {hit.passage.read_text}") for hit in hits]
        rarity = {
            stem: math.log((len(found) + 1) / (sum(stem in each for each in found) + 0.5))
            for stem in content_stems(question)
        }
        best = max(
            (
                _coverage(rarity, text[start:end])
                for text in (hit.passage.read_text for hit in hits)
                for start, end in _sentences(text)
            ),
            default=0.0,
        )
        asks = has_name(question), wants_heading(question)
        documents = len({hit.passage.document_id for hit in hits})
        return cls(question, rarity, *asks, hits, best, math.log(max(documents, 1)))

    def features(self, candidate: Candidate) -> dict[str, float]:
        """Return the named features of one candidate, but for those of a comparison.

        ``margin``: logits by which the span beats "no answer here"; ``score``: the span's own.
        ``gap``: the score of its passage as a hit, less that of the first. ``coverage``: the
        share of the question's words, rare ones weighing more, in the sentence of the answer,
        less that of the best sentence. ``echo``: the share of the answer's words that the
        question has too. ``fit``: whether it is of the kind asked for
        (:func:`qa.answers.question_words.fit`); ``titled``: 1 if a heading is asked for and the
        answer stands as one, -1 if it does not. ``length``: log of its words, and ``single``: 1
        for one word. ``dense``, ``lexical``: reciprocal ranks of its passage, 0 where a search
        did not return it. ``named``: 1 where the question has a name; ``documents``: log of the
        number of documents that the passages found are of; ``quoted``: 1 where the answer is
        quoted from an earlier message, which is not fitted.
        """
        span, hit = candidate.span, candidate.hit
        own = content_stems(span.text)
        count = len(words(span.text))
        coverage = _coverage(self.rarity, sentence_of(candidate))
        return {
            "margin": span.margin,
            "score": span.score,
            "gap": hit.score - self.hits[0].score,
            "coverage": coverage - self.best,
            "length": math.log1p(count),
            "echo": sum(stem in self.rarity for stem in own) / len(own) if own else 1.0,
            "fit": fit(self.question, span.text),
            "titled": _titled(span) if self.wants_heading else 0.0,
            "single": float(count == 1),
            "dense": 1 / hit.dense_rank if hit.dense_rank else 0.0,
            "lexical": 1 / hit.lexical_rank if hit.lexical_rank else 0.0,
            "named": float(self.has_name),
            "documents": self.documents,
            "quoted": float(span.is_quoted),
        }


def _titled(span: Span) -> float:
    """Return 1 for a span that stands as a heading, first on its line and apart, -1 for another."""
    text = span.passage.read_text
    start, end = span.passage.in_read_text(span.start, span.end)
    before = text[text.rfind("\n", 0, start) + 1 : start]
    is_first = not any(map(str.isalpha, before))
    return 1.0 if is_first and _AFTER_HEADING.match(text, end) else -1.0


def _coverage(rarity: Mapping[str, float], text: str) -> float:
    """Return the share of the words in ``rarity``, by weight, that a text contains."""
    total = sum(rarity.values())
    inside = stems(text)
    return sum(weight for stem, weight in rarity.items() if stem in inside) / total if total else 0


def sentence_of(candidate: Candidate) -> str:
    """Return the sentence, or the row of a table, that an answer begins in."""
    passage, span = candidate.hit.passage, candidate.span
    text = passage.read_text
    start, _ = passage.in_read_text(span.start, span.end)
    return next(text[begin:end] for begin, end in _sentences(text)[::-1] if begin <= start)


def _sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text, as ``(start, end)``; a line break ends one too."""
    edges = [(match.start(), match.end()) for match in _SENTENCE_END.finditer(text)]
    starts = [0, *(end for _, end in edges)]
    ends = [*(start for start, _ in edges), len(text)]
    return list(zip(starts, ends, strict=True))
