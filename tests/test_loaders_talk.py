"""Subtitles and chats: who said what, and when."""

import json

import pytest
from making import of_kind

from qa.errors import UnreadableDocument
from qa.loaders.talk import looks_like_chat


def body(document):
    return of_kind(document, "body")


# Subtitles

WEBVTT = """WEBVTT - A talk

NOTE taken down by hand
00:00:00.000 --> 00:00:01.000 is an example

STYLE
::cue { color: red }

1
00:00:01.000 --> 00:00:04.000 align:start
<v Ada Blum>The well is <i>nineteen</i> metres</v>

the depth
00:00:04.000 --> 00:00:05.500
<v Ada Blum>deep.

NOTE
on two
lines

00:00:06.000 --> 00:00:07.000
- Really?
- Yes &amp; no.

00:08.000 --> 00:00:10.000
<v.loud Otto>Who dug it?
<v Ada Blum>Monks.

01:02:03.000 --> 01:02:04.000
<v Ada Blum>That was all.
"""


def test_what_is_said_has_its_time_and_its_speaker(read):
    assert body(read(WEBVTT, "talk.vtt")) == [
        "[00:00:01] Ada Blum: The well is nineteen metres deep.",
        *("[00:00:06] - Really?", "[00:00:06] - Yes & no."),
        *("[00:00:08] Otto: Who dug it?", "[00:00:08] Ada Blum: Monks."),
        "[01:02:03] Ada Blum: That was all.",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["talk.srt", "talk.txt"])
def test_cues_of_srt_are_joined_where_a_sentence_goes_on(read, name, end):
    cues = ["1\n00:00:01,000 --> 00:00:04,000\n<b>The well</b> was dug\nin 1210,"]
    cues += ["2\n0:0:4,0 --> 00:00:07,000\n{\\an8}say the\n\nannals."]
    cues += [
        "3\n00:00:07,000 --> 00:00:08,000\nADA: By whom?\n4\n00:00:20,000 --> 00:00:21,000\n12"
    ]
    assert body(read("\n\n".join(cues).replace("\n", end), name)) == [
        "[00:00:01] The well was dug in 1210, say the annals.",
        *("[00:00:07] ADA: By whom?", "[00:00:20] 12"),
    ]


def test_lines_that_roll_over_the_picture_are_read_once(read):
    cues = [
        ("so the<00:00:00.500><c> well</c>",),
        ("so the well", "is deep"),
        ("is deep", "and old"),
    ]
    text = "WEBVTT\n" + "".join(
        f"\n00:00:0{n}.000 --> 00:00:0{n + 1}.000\n{chr(10).join(lines)}\n"
        for n, lines in enumerate(cues)
    )
    assert body(read(text)) == ["[00:00:00] so the well is deep and old"]


def test_a_long_speech_is_cut_at_the_ends_of_sentences(read):
    text = "WEBVTT\n" + "".join(
        f"\n00:{n // 60:02}:{n % 60:02}.000 --> 00:{n // 60:02}:{n % 60:02}.900\n"
        f"Sentence {n} begins\n{'and ends.' if n % 2 else 'and goes on,'}\n"
        for n in range(100)
    )
    found = body(read(text))
    assert 5 < len(found) < 15
    assert all(paragraph.endswith("and ends.") for paragraph in found)


def test_subtitles_without_words_have_a_reason(read):
    with pytest.raises(UnreadableDocument, match="subtitles without words"):
        read("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n\n")


# Chats as text


@pytest.mark.parametrize(
    "heads",
    [
        ["[02/03/2024, 14:05:10] ", "\u200e[02/03/2024, 14:06:11] "],
        ["02.03.24, 14:05 - ", "02.03.24, 14:06 - "],
        ["3/2/24, 2:05\u202fPM - ", "3/2/24, 2:06\u202fPM - "],
        ["2024-03-02, 2:05 p.m. - ", "2024-03-02, 2:06 p.m. - "],
    ],
)
def test_each_message_of_a_chat_is_a_block_with_its_time_and_speaker(read, heads):
    first = f"{heads[0]}Ada: The plum trees come\non Thursday: be there"
    second = f"{heads[1]}~ Bram K: I have the long spades"
    picture, notice = f"{heads[1]}Ada: \u200eimage omitted", f"{heads[1]}Messages are encrypted."
    text = "\n".join([first, second, picture, notice]) + "\n"
    document = read(text, "WhatsApp Chat with Ada.txt")
    assert document.text == text
    assert body(document) == [first, second]
    assert of_kind(document, "furniture") == [picture, notice]


def test_logs_of_a_channel_are_chats(read):
    lines = ["[14:05] <ada> hello", "[14:06] <bram> yes, 14:05 it was"]
    assert body(read("\n".join(lines))) == lines


@pytest.mark.parametrize(
    "text",
    [
        "14:05 Arrival of the guests\n14:30 Talk: wells\n15:00 Tea\n",
        "2024-03-02 14:05:01 INFO started: x\n2024-03-02 14:05:02 WARN y\n",
        "02/03/2024, 14:05 - Ada: hello\n" + "It goes on as running text.\n" * 20,
        "02/03/2024, 14:05 - the day\n02/03/2024, 15:05 - the night\n",
    ],
)
def test_lines_with_times_are_not_always_chats(text):
    assert not looks_like_chat(text)


# Chats as JSON

SLACK = [
    {"type": "message", "user": "U1", "ts": "1709388310.0001", "user_profile": {"real_name": "Ada"},
     "text": "Hi <@U2>, see <https://x.example|the plan> &amp; <https://y.example>"},
    {"type": "message", "user": "U2", "ts": "1709388370.0002", "text": "",
     "user_profile": {"display_name": "Otto"}, "files": [{"name": "plan.pdf"}]},
]  # fmt: skip
TELEGRAM = {
    "name": "Garden",
    "messages": [
        {"id": 1, "type": "service", "date": "2024-03-02T14:00:00", "actor": "Ada"},
        {"id": 2, "type": "message", "date": "2024-03-02T14:05:10", "from": "Ada",
         "text": ["See ", {"type": "link", "text": "x.example"}, " now"]},
        {"id": 3, "type": "message", "date": "2024-03-02T14:06:10", "from": None, "text": "Lost"},
    ],
}  # fmt: skip
MESSENGER = {
    "title": "Caf\u00c3\u00a9",
    "messages": [
        {"sender_name": "Bram", "timestamp_ms": 1709388370000, "content": "Na\u00c3\u00afve."},
        {"sender_name": "Orla", "timestamp_ms": 1709388310000, "content": "Deep."},
    ],
}
DISCORD = {
    "channel": {"name": "wells"},
    "messages": [
        {"timestamp": "2024-03-02T14:05:10.123+00:00", "content": "Deep.",
         "author": {"name": "ada7", "nickname": "Ada"}, "attachments": []},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "title", "found"),
    [
        (
            SLACK,
            "chat",
            [
                "2024-03-02 14:05 Ada: Hi @Otto, see the plan & https://y.example",
                "2024-03-02 14:06 Otto: [file: plan.pdf]",
            ],
        ),
        (TELEGRAM, "Garden", ["2024-03-02 14:05 Ada: See x.example now"]),
        ({"chats": {"list": [TELEGRAM]}}, "Garden", ["2024-03-02 14:05 Ada: See x.example now"]),
        (MESSENGER, "Café", ["2024-03-02 14:05 Orla: Deep.", "2024-03-02 14:06 Bram: Naïve."]),
        (DISCORD, "wells", ["2024-03-02 14:05 Ada: Deep."]),
        ({"messages": [{"sender": "Ada", "text": "Deep."}]}, "chat", ["Ada: Deep."]),
    ],
)
def test_messages_of_exports_are_lines_with_time_and_speaker(read, value, title, found):
    document = read(json.dumps(value), "chat.json")
    assert (document.title, body(document)) == (title, found)


def test_a_list_called_messages_is_not_always_a_chat(read):
    value = {"messages": [{"code": 17, "text": "Too deep."}, {"code": 18, "text": "Too wide."}]}
    assert of_kind(read(json.dumps(value), "errors.json"), "columns", "row") == [
        *("code | text", "17 | Too deep.", "18 | Too wide.")
    ]


def test_subtitles_without_numbers_are_read(read):
    text = "00:00:01,000 --> 00:00:03,000\nThe well is\n\n00:00:03,000 --> 00:00:05,000\ndeep.\n"
    assert body(read(text, "talk.srt")) == ["[00:00:01] The well is deep."]


@pytest.mark.parametrize("head", ["10:02:14\t From  {}  to  Everyone : ", "10:02:14 From {}:\n\t"])
def test_messages_beside_a_meeting_are_a_chat(read, head):
    lines = [head.format("Ada"), head.format("Otto (quay)"), head.format("Ada")]
    said = ["The boat is late", "It comes at nine", "Thank you"]
    document = read("".join(f"{a}{b}\n" for a, b in zip(lines, said, strict=True)))
    assert body(document) == [f"{a}{b}" for a, b in zip(lines, said, strict=True)]
