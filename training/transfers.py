"""Made paragraphs in which something changes hands, and questions from both sides.

Labelled data has few questions such as "Who bought the farm?", and a reader trained on it alone
takes the seller for the buyer wherever the sentence speaks of a sale. Here a sentence by rule,
with names and surroundings from real paragraphs, is asked about from both sides, and about what
it does not say. A test compares the questions with those that we report scores on.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference
from training.questions import Questions

_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+(?: [A-Z]\w+){1,2}\b(?! ?[A-Z])")
_SENTENCE = re.compile(r"[A-Z][^.!?]{30,200}[.!?](?= |$)")


_PARTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_UNTITLED = 0.3


def question_templates() -> Iterator[str]:
    """Yield every question that can be made, with slots for the noun and the names."""
    for deed in _PARTS["deeds"]:
        for took in deed[3:]:
            for way in (way for ways in _PARTS["asked"].values() for way in ways):
                yield _with_verbs(way, deed, took)


def with_transfers(
    questions: Questions, tokenizer: Tokenizer, *, count: int, seed: int
) -> Questions:
    """Add ``count`` made paragraphs with the names of the paragraphs that are trained on.

    To be called after negatives are chosen: one made paragraph answers the question of another.
    """
    used = sorted({example.context for example in questions.train})
    texts = [questions.contexts[context].text for context in used]
    made = transfer_paragraphs(texts, count=count, seed=seed)
    return questions.with_paragraphs(made, tokenizer, "transfers")


def transfer_paragraphs(texts: Sequence[str], *, count: int, seed: int) -> list[Paragraph]:
    """Return ``count`` paragraphs of two or three questions each.

    Names come from ``texts``, and the sentences around the made ones from one of
    them. The same arguments give the same paragraphs.
    """
    rng = random.Random(seed)
    names = sorted({name for text in texts for name in _NAME.findall(text)})
    surroundings = [text for text in texts if len(_SENTENCE.findall(text)) >= 2]
    return [_made(rng, names, rng.choice(surroundings), number) for number in range(count)]


def _made(rng: random.Random, names: Sequence[str], context: str, number: int) -> Paragraph:
    giver, receiver, third = rng.sample(names, 3)
    thing = rng.choice(list(_PARTS["things"]))
    deed = rng.choice(_PARTS["deeds"])
    words = {
        "giver": giver,
        "receiver": receiver,
        "third": third,
        "giver_last": giver.split()[-1],
        "receiver_last": receiver.split()[-1],
        "thing": thing,
        "noun": rng.choice(_PARTS["things"][thing]),
        "place": rng.choice(names).split()[0],
        "year": str(rng.randint(1850, 2024)),
    }
    pieces = {
        "g": (_title(rng), giver),
        "r": (_title(rng), receiver),
        "t": (rng.choice(("a", "the")), rng.choice(_PARTS["makers"]) + thing),
    }
    way = _with_verbs(rng.choice(_PARTS["statements"]), deed, deed[3])
    statement, answers = _fill(way, pieces, {"tail": rng.choice(_PARTS["tails"]).format(**words)})
    around = [s.strip() for s in _SENTENCE.findall(context)]
    at = rng.randint(0, min(2, len(around)))
    before = " ".join(around[:at])
    afterwards = rng.choice(_PARTS["afterwards"]).format(**words)
    text = " ".join(part for part in (before, statement, afterwards, *around[at : at + 2]) if part)
    shift = len(before) + bool(before)
    questions = []
    for kind in ("r", *rng.sample("gtu", rng.choice((1, 2)))):
        way = _with_verbs(rng.choice(_PARTS["asked"][kind]), deed, rng.choice(deed[3:]))
        references = tuple(
            Reference(text[start + shift : end + shift], start + shift)
            for start, end in answers.get(kind, ())
        )
        id_ = f"transfer-{number}-{kind}"
        questions.append(LabelledQuestion(id_, way.format(**words), references))
    return Paragraph(rng.choice(_PARTS["headlines"]).format(**words), text, tuple(questions))


def _title(rng: random.Random) -> str:
    return "" if rng.random() < _UNTITLED else rng.choice(_PARTS["people"])


def _with_verbs(template: str, deed: Sequence[str], took: str) -> str:
    """Return a template with the verbs filled in, and other slots as they are."""
    verbs = dict(zip(("past", "participle", "present"), deed, strict=False), took=took)
    return re.sub(r"\{(past|participle|present|took)\}", lambda slot: verbs[slot[1]], template)


def _fill(
    statement: str, pieces: dict[str, tuple[str, str]], words: dict[str, str]
) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """Fill a statement in; return it with the spans that answer for each piece.

    The name alone is accepted twice, and once with what is before it ("Captain Jane Roe"):
    both are right, the shorter is preferred.
    """
    text, spans = "", {}
    for part in re.split(r"(\{[grt]\})", statement):
        if part[1:-1] not in pieces or not part.startswith("{"):
            text += part.format(**words)
            continue
        before, name = pieces[part[1:-1]]
        start = len(text)
        text += f"{before} {name}" if before else name
        whole, bare = (start, len(text)), (len(text) - len(name), len(text))
        spans[part[1:-1]] = [bare, bare, whole] if before else [bare]
    return text[0].upper() + text[1:], spans
