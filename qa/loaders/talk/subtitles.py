"""Read subtitles (SRT and WebVTT) as what was said, by whom and when.

webvtt-py and pysubs2 were tried: one knows a single voice a cue, the other none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, TextBuilder

_TIMES = re.compile(
    r"^[ \t]*((?:\d+:)?\d{1,2}:\d{1,2})[,.]\d+[ \t]*-->[ \t]*((?:\d+:)?\d{1,2}:\d{1,2})[,.]\d+.*$",
    re.MULTILINE,
)
# Some programs leave out the numbers of cues.
_FIRST_SRT = re.compile(r"\s*(?:\d+[ \t]*\r?\n)?" + _TIMES.pattern.removeprefix("^"), re.M)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>\n]+)>")
_TAG = re.compile(r"</?[a-zA-Z\d][^<>\n]*>|\{\\[^{}\n]*\}")
# A line that begins what another person says: "- Yes.", "ADA BLUM: Yes."
_SPEAKER = re.compile(r"[-–—] ?\S|>> ?\S|[A-Z][^\s:]*(?: [A-Z][^\s:]*){0,3}: \S")
_SENTENCE_END = re.compile(r"[.!?…][\"”’)\]♪]*$")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_MIN_CHARACTERS = 250
_MAX_CHARACTERS = 700
_PAUSE_S = 4


@dataclass(slots=True)
class _Cue:
    start: int  # seconds
    end: int
    voice: str
    lines: list[str]


def looks_like_subtitles(text: str) -> bool:
    """Return whether a text begins as WebVTT or SRT does."""
    head = text[:2000].lstrip("\ufeff")
    return re.match(r"WEBVTT(?:[ \t\r\n]|\Z)", head) is not None or bool(_FIRST_SRT.match(head))


def read_subtitles(text: str) -> Extracted:
    """Return paragraphs of what was said, each after its time and its speaker.

    A sentence goes on over cues. A paragraph ends where another speaks, after a pause, and at
    the end of a sentence where it is long.
    """
    builder = TextBuilder()
    paragraph: list[str] = []
    begun = ended = 0
    voice = ""

    def flush() -> None:
        if words := " ".join(paragraph):
            speaker = f"{voice}: " if voice else ""
            builder.add(f"[{_clock(begun)}] {speaker}{words}", "body")
        paragraph.clear()

    for cue in _without_repeats(_cues(text.replace("\r\n", "\n").replace("\r", "\n"))):
        for line in cue.lines:
            length = sum(map(len, paragraph))
            if (
                cue.voice != voice
                or cue.start - ended >= _PAUSE_S
                or _SPEAKER.match(line)
                or length >= _MAX_CHARACTERS
                or (length >= _MIN_CHARACTERS and _SENTENCE_END.search(paragraph[-1]))
            ):
                flush()
            if not paragraph:
                begun, voice = cue.start, cue.voice
            paragraph.append(line)
            ended = cue.end
    flush()
    if not builder.parts:
        raise UnreadableDocument("subtitles without words")
    return builder.result()


def _cues(text: str) -> Iterator[_Cue]:
    """Yield the cues with words; a cue of several voices is several."""
    marks = list(_TIMES.finditer(text))
    for number, mark in enumerate(marks, start=1):
        is_last = number == len(marks)
        content = text[mark.end() : len(text) if is_last else marks[number].start()]
        lines = _spoken(content, is_last=is_last)
        parts = _VOICE.split("\n".join(lines))
        for voice, words in zip(["", *parts[1::2]], parts[::2], strict=True):
            spoken = [" ".join(unescape(_TAG.sub("", line)).split()) for line in words.split("\n")]
            if any(spoken):
                times = _seconds(mark.group(1)), _seconds(mark.group(2))
                yield _Cue(*times, " ".join(unescape(voice).split()), list(filter(None, spoken)))


def _spoken(content: str, *, is_last: bool) -> list[str]:
    """Return the lines of a cue, without notes and the number or name of the next cue."""
    blocks = [block.split("\n") for block in _BLANK_LINES.split(content.strip())]
    kept = [block for block in blocks if not block[0].startswith(("NOTE", "STYLE", "REGION"))]
    if kept and not is_last and (kept[-1][-1].strip().isdigit() or len(kept[1:] and kept[-1]) == 1):
        kept[-1].pop()
    return [line for block in kept for line in block]


def _without_repeats(cues: Iterator[_Cue]) -> Iterator[_Cue]:
    """Drop the lines that a cue repeats from the one before, as rolling captions do."""
    shown: list[str] = []
    for cue in cues:
        before, shown = shown, cue.lines
        for count in range(min(len(before), len(cue.lines)), 0, -1):
            if before[-count:] == cue.lines[:count]:
                cue.lines = cue.lines[count:]
                break
        yield cue


def _seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part[:9])
    return total


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
