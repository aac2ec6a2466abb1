"""The questions that benchmarks report on: none of those on which something was chosen."""

import gzip
import json

from benchmarks.squad import V1, V2, XQUAD, pooled_questions, reporting


def write(path, *paragraphs):
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for title, context, *questions in paragraphs:
            asked = [
                {
                    "id": name,
                    "question": f"Who {name}?",
                    "answers": [{"text": context.split()[0], "answer_start": 0}] if there else [],
                }
                for name, there in questions
            ]
            file.write(json.dumps({"title": title, "context": context, "qas": asked}) + "\n")


def test_questions_of_the_first_half_and_of_xquad_are_not_reported(tmp_path):
    write(
        tmp_path / V1,
        ("Amber", "Ada found it.", ("a1", True)),  # first half of v2.0
        ("Baltic", "Bo sailed it.", ("b1", True)),
        ("Yarn", "Yu spun it.", ("y1", True)),  # second half, in XQuAD
        ("Yarn", "Yan wound it.", ("y2", True)),
        ("Zinc", "Zoe mined it.", ("z1", True)),  # not in v2.0
    )
    write(
        tmp_path / V2,
        ("Amber", "Ada found it.", ("a1", True), ("a2", False)),
        ("Baltic", "Bo sailed it.", ("b1", True), ("b2", False)),
        ("Yarn", "Yu spun it.", ("y1", True), ("y3", False)),
        ("Yarn", "Yan wound it.", ("y2", True), ("y4", False)),
    )
    write(tmp_path / XQUAD, ("Yarn", "Yu spun it.", ("y1", True)))
    first, second = (
        [question.id for each in paragraphs for question in each.questions]
        for paragraphs in reporting(tmp_path)
    )
    assert first == ["b1", "y2", "z1"]
    assert second == ["b1", "b2", "y2", "y4"]

    own, others = pooled_questions(tmp_path, tmp_path / "pool")
    assert [each.id for each in own] == first
    assert [(each.id, bool(each.answers)) for each in others] == [
        ("b1", True),
        ("b2", False),
        ("y2", True),
        ("y4", False),
    ]
    # All articles are documents, whichever are asked about.
    names = sorted(path.name for path in (tmp_path / "pool").iterdir())
    assert names == ["Amber.txt", "Baltic.txt", "Yarn.txt", "Zinc.txt"]
    assert {name for each in own for name in each.documents} == set(names[1:])
