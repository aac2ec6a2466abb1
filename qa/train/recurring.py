"""Questions from plain text: a sentence with a blank, and the paragraph that fills it.

Recurring-span selection (Ram et al., "Few-shot question answering by pretraining span
selection", ACL 2021): words that stand twice in a paragraph are blanked once, and the
reader is to find them where they are left. Here the blanked sentence is the question
(a cloze, as in Dhingra et al., NAACL 2018), so that a row looks as it does later.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference

BLANK = "[MASK]"  # a token that the vocabulary has
MAX_WORDS = 6
MIN_SENTENCE_WORDS = 8

_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s)|$)", re.DOTALL)
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
# Words that fill no blank worth asking for, alone or at a span's edge.
_FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by for from had has have he her his i in into is it its not of "
    "on or she that the their them there they this to was were which who will with would".split()
)


def recurring_paragraphs(texts: Sequence[str], *, count: int, seed: int) -> Iterator[Paragraph]:
    """Yield up to ``count`` paragraphs with one question each, in a random order of ``texts``.

    The same arguments give the same paragraphs.
    """
    rng = random.Random(seed)
    order = list(texts)
    rng.shuffle(order)
    made = 0
    for text in order:
        if made == count:
            return
        paragraph = _paragraph(text, rng, f"recurring-{made}")
        if paragraph is not None:
            made += 1
            yield paragraph


def _paragraph(text: str, rng: random.Random, name: str) -> Paragraph | None:
    """Blank one recurring span of a text, in one sentence; None where none recurs."""
    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    places = _places(text, sentences)
    # A longer span says more than the words in it, of which each recurs with it.
    keys = sorted(places, key=lambda key: (-key.count(" "), -len(key), key))[:5]
    rng.shuffle(keys)
    for key in keys:
        number, start, end = rng.choice(places[key])
        begin, stop = sentences[number]
        if len(_WORD.findall(text[begin:stop])) < MIN_SENTENCE_WORDS:
            continue
        exact = re.compile(rf"(?<!\w){re.escape(text[start:end])}(?!\w)", re.IGNORECASE)
        context = f"{text[:begin].rstrip()} {text[stop:].lstrip()}".strip()
        answers = [Reference(match[0], match.start()) for match in exact.finditer(context)]
        if answers:
            question = exact.sub(BLANK, text[begin:stop])
            return Paragraph("", context, (LabelledQuestion(name, question, tuple(answers)),))
    return None


def _places(
    text: str, sentences: Sequence[tuple[int, int]]
) -> dict[str, list[tuple[int, int, int]]]:
    """Return, by lower-case words, the ``(sentence, start, end)`` of what several sentences say."""
    places: dict[str, list[tuple[int, int, int]]] = {}
    for number, (begin, stop) in enumerate(sentences):
        words = [match.span() for match in _WORD.finditer(text, begin, stop)]
        for first in range(len(words)):
            for last in range(first, min(first + MAX_WORDS, len(words))):
                start, end = words[first][0], words[last][1]
                edges = text[slice(*words[first])].lower(), text[slice(*words[last])].lower()
                if _FUNCTION_WORDS.isdisjoint(edges):
                    places.setdefault(text[start:end].lower(), []).append((number, start, end))
    return {
        key: found for key, found in places.items() if len({number for number, *_ in found}) > 1
    }
