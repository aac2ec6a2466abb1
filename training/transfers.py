"""Made paragraphs in which something changes hands, and questions on who gave and who got it.

Labelled data holds few questions such as "Who received the car?", and a reader
trained on it alone takes the giver for the receiver wherever the sentence
speaks of giving. Here a sentence by rule, with names and surroundings from real
paragraphs, is asked from both sides, and for what it does not say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference

_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+(?: [A-Z]\w+){1,2}\b(?! ?[A-Z])")
_SENTENCE = re.compile(r"[A-Z][^.!?]{30,200}[.!?](?= |$)")

_PEOPLE = (
    "President",
    "Prime Minister",
    "King",
    "Bishop",
    "Mayor",
    "Senator",
    "Professor",
    "Captain",
    "Foreign Minister",
    "the French president",
    "the Chinese leader",
    "the Indian prime minister",
    "South African leader",
    "Brazilian singer",
    "the American actor",
    "the collector",
    "the painter",
    "the farmer",
    "his neighbour",
    "her brother",
    "businessman",
    "the museum's director",
    "",
    "",
    "",
    "",
)
# What is handed over, as the text says it, and what a question may call it.
_THINGS = {
    "luxury car": ("car", "luxury car", "gift"),
    "limousine": ("car", "limousine", "vehicle"),
    "vintage sports car": ("car", "sports car"),
    "old saloon": ("car", "saloon"),
    "motorcycle": ("motorcycle", "motorbike"),
    "bicycle": ("bicycle", "bike"),
    "yacht": ("yacht", "boat"),
    "helicopter": ("helicopter", "aircraft"),
    "tractor": ("tractor", "machine"),
    "young horse": ("horse", "animal"),
    "puppy": ("dog", "puppy"),
    "landscape painting": ("painting", "picture"),
    "bronze statue": ("statue", "sculpture"),
    "ceremonial sword": ("sword", "weapon"),
    "hunting rifle": ("rifle", "gun"),
    "gold watch": ("watch", "gift"),
    "pearl necklace": ("necklace", "jewellery"),
    "medieval manuscript": ("manuscript", "book"),
    "family Bible": ("Bible", "book"),
    "sealed letter": ("letter", "message"),
    "silver cup": ("cup", "trophy"),
    "cheque": ("cheque", "money"),
    "country house": ("house", "country house"),
    "plot of land": ("land", "plot of land"),
    "grand piano": ("piano", "instrument"),
    "violin": ("violin", "instrument"),
    "telescope": ("telescope",),
    "camera": ("camera",),
    "porcelain vase": ("vase", "present"),
    "fur coat": ("coat",),
}
_MAKERS = ("", "", "", "", "Russian-made ", "British-built ", "rare ", "new ", "second-hand ")
_TAILS = (
    "",
    "",
    " as a gift",
    " as a sign of friendship",
    " in {year}",
    " at a ceremony in {other_place}",
    " on the anniversary of the treaty",
    ", the state news agency reported on Tuesday",
    ", according to officials",
    ", who had asked for it for years",
)
_AFTERWARDS = (
    "{third} said the {noun} given to {receiver_last} could break the rules.",
    "Asked about the {noun}, {third} declined to comment.",
    "{giver_last} and {receiver_last} had met in {other_place} in {year}.",
    "{third} called the {noun} the finest of its kind.",
    "{receiver_last} is said to own several more.",
    "The {noun} was shown to the public, {third} reported.",
    "",
    "",
)
_HEADLINES = (
    "{giver_last} gives {receiver_last} {thing}",
    "{receiver_last} receives {thing}",
    "{thing} for {receiver_last}",
    "{giver_last} and {receiver_last}",
    "",
)


@dataclass(frozen=True, slots=True)
class _Deed:
    """A way to hand something over: its verb, and what it makes of both sides."""

    past: str
    participle: str
    present: str
    received: tuple[str, ...]


_RECEIVED = ("received", "got", "accepted", "was given", "ended up with")
_DEEDS = (
    _Deed("gave", "given", "give", _RECEIVED),
    _Deed("gave", "given", "give", _RECEIVED),
    _Deed("presented", "presented", "present", _RECEIVED),
    _Deed("handed", "handed", "hand", _RECEIVED),
    _Deed("donated", "donated", "donate", _RECEIVED),
    _Deed("sent", "sent", "send", ("received", "got", "was sent")),
    _Deed("awarded", "awarded", "award", ("received", "got", "won", "was awarded")),
    _Deed("sold", "sold", "sell", ("bought", "acquired", "got", "purchased")),
    _Deed("lent", "lent", "lend", ("borrowed", "got", "received")),
)
# {g} gives {t} to {r}: the places where these are filled in become the answers.
_STATEMENTS = (
    "{g} {past} {t} to {r}{tail}.",
    "{g} has {participle} {t} to {r}{tail}.",
    "{g} {past} {t} to {r}{tail}.",
    "{g} has {participle} {t} to {r}{tail}.",
    "{r} {got} {t} from {g}{tail}.",
    "{r} {got} {t}, which {g} had {participle}{tail}.",
    "{t} was {participle} to {r} by {g}{tail}.",
    "{t} that {g} {past} to {r} caused some surprise{tail}.",
    "It was {g} who {past} {t} to {r}{tail}.",
    "It was {r} to whom {g} {past} {t}{tail}.",
    "{t}, {participle} by {g}, went to {r}{tail}.",
)
_ASK_RECEIVER = (
    "Who {got} the {noun}?",
    "Who {got} the {noun}?",
    "Who {got} the {noun}?",
    "Who {got} the {noun} from {giver}?",
    "Who was the {noun} {participle} to?",
    "To whom was the {noun} {participle}?",
    "Who did {giver} {present} the {noun} to?",
    "Who was the recipient of the {noun}?",
    "{giver} {past} the {noun} to whom?",
)
_ASK_GIVER = (
    "Who {past} the {noun}?",
    "Who {past} the {noun}?",
    "Who {past} the {noun} to {receiver}?",
    "Who was the {noun} from?",
    "By whom was the {noun} {participle}?",
    "From whom did {receiver} get the {noun}?",
)
_ASK_THING = (
    "What did {giver} {present} to {receiver}?",
    "What did {receiver} get from {giver}?",
    "What was {participle} to {receiver}?",
)
_ASK_UNSAID = (
    "How much did the {noun} cost?",
    "What colour is the {noun}?",
    "Who stole the {noun}?",
    "Who repaired the {noun}?",
    "How old is the {noun}?",
    "Why did {receiver} return the {noun}?",
    "Who insured the {noun}?",
)


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
    thing = rng.choice(list(_THINGS))
    deed = rng.choice(_DEEDS)
    words = {
        "giver": giver,
        "receiver": receiver,
        "third": third,
        "giver_last": giver.split()[-1],
        "receiver_last": receiver.split()[-1],
        "thing": thing,
        "noun": rng.choice(_THINGS[thing]),
        "other_place": rng.choice(names).split()[0],
        "year": str(rng.randint(1850, 2024)),
        "past": deed.past,
        "participle": deed.participle,
        "present": deed.present,
    }
    tail = rng.choice(_TAILS).format(**words)
    pieces = {
        "g": (rng.choice(_PEOPLE), giver),
        "r": (rng.choice(_PEOPLE), receiver),
        "t": (rng.choice(("a", "the")), rng.choice(_MAKERS) + thing),
    }
    statement, answers = _fill(
        rng.choice(_STATEMENTS), pieces, {**words, "tail": tail, "got": deed.received[0]}
    )
    around = [s.strip() for s in _SENTENCE.findall(context)]
    at = rng.randint(0, min(2, len(around)))
    before = " ".join(around[:at])
    afterwards = rng.choice(_AFTERWARDS).format(**words)
    text = " ".join(part for part in (before, statement, afterwards, *around[at : at + 2]) if part)
    shift = len(before) + bool(before)
    questions = []
    kinds = [(_ASK_RECEIVER, "r"), (_ASK_GIVER, "g"), (_ASK_THING, "t"), (_ASK_UNSAID, "")]
    chosen = [kinds[0], *rng.sample(kinds[1:], rng.choice((1, 2)))]
    for ways, key in chosen:
        question = rng.choice(ways).format(**words, got=rng.choice(deed.received))
        references = tuple(
            Reference(text[start + shift : end + shift], start + shift)
            for start, end in answers.get(key, ())
        )
        questions.append(LabelledQuestion(f"transfer-{number}-{key or 'u'}", question, references))
    title = rng.choice(_HEADLINES).format(**words)
    return Paragraph(title, text, tuple(questions))


def _fill(
    statement: str, pieces: dict[str, tuple[str, str]], words: dict[str, str]
) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """Fill a statement in; return it with the spans that answer for each piece.

    The name alone is accepted twice, and once with what stands before it
    ("President Jane Roe"): both are right, the shorter is preferred.
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
