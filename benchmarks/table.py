"""The tables of both READMEs, made from the newest results: ``python -m benchmarks.table``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peers.table import markdown, summary
from benchmarks.saved import RESULTS, named
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from qa.text import counted

ROOT = Path(__file__).parents[1]
PICTURES = {
    "risk-coverage.svg": "Share of wrong answers by the share of questions answered",
    "reliability.svg": "Share of right answers by the probability shown",
}
MARKS = "<!-- {}: python -m benchmarks.table -->", "<!-- end of {} -->"
ACCURACY = "`python -m benchmarks.accuracy QA_DATA`"
GOLDEN = "`qa eval corpus --questions tests/golden/seeds.jsonl`"
OCR = "`python -m benchmarks.ocr`"
SPEED = "`make bench`"
LOAD = "`python -m benchmarks.load`"

Row = tuple[str, str, str]


def newest(kind: str) -> dict[str, Any]:
    """Return the newest saved results of a kind, ``speed`` or ``accuracy``."""
    found = _latest(kind)
    if found is None:
        raise SystemExit(f"no {kind} results in {RESULTS}: run `make bench` first")
    return found


def _latest(kind: str) -> dict[str, Any] | None:
    saved = [json.loads(path.read_text("utf-8")) for path in RESULTS.glob(f"{kind}-*.json")]
    return max(saved, key=lambda results: results.get("date", ""), default=None)


def numbers() -> str:
    """Return the README's table, its notes and its pictures as Markdown."""
    speed, accuracy = newest("speed"), newest("accuracy")
    question, startup = speed["question"], speed["startup"]
    rows = [
        *_accuracy(accuracy),
        (
            f"A whole question over `seeds/` ({question['passages_read']:.1f} of "
            f"{question['passages']} passages read)",
            f"median {question['question_ms']['median']:.0f} ms, "
            f"p95 {question['question_ms']['p95']:.0f} ms",
            SPEED,
        ),
        (
            "`qa ask` from its start to its answer; peak memory",
            f"{startup['ask_s']:.1f} s; {startup['ask_peak_mib']:.0f} MiB",
            SPEED,
        ),
    ]
    notes = (
        "¹ Questions about articles and paragraphs on which no weights were chosen; the "
        "early-stopping rule was chosen on other questions about them. ² Some of these questions "
        "were used for choices: networks, the weight of BM25, early stopping. "
        f"`qa/models/README.md` lists all. {_outdated(accuracy)}"
        f"Speed at commit {speed['commit']}, with the second look, on "
        f"{named(speed['machine'])}, shared with other work."
    )
    pictures = [
        f"![{words}](benchmarks/results/{name})"
        for name, words in PICTURES.items()
        if (RESULTS / name).exists()
    ]
    return "\n".join([*_table(rows), "", notes, "", " ".join(pictures)]).strip()


def _outdated(accuracy: dict[str, Any]) -> str:
    """Return a note if the accuracy is that of a reader before the shipped one."""
    if accuracy.get("reader") == OnnxReader().fingerprint:
        return ""
    return (
        f"SQuAD and `seeds/` as of commit {accuracy['commit']}, before the reader of natural "
        "questions: it scores 1 to 2 F1 less on v1.1 and shows fewer answers over `seeds/` "
        "(`training/LOG.md`). "
    )


def _accuracy(accuracy: dict[str, Any]) -> list[Row]:
    v1, v2 = accuracy["squad_v1"]["reported"], accuracy["squad_v2"]["reported"]
    seeds, pooled = accuracy["seeds"], accuracy["pooled"]
    again = accuracy.get("second_reader")  # results before there was one lack it
    calibration = json.loads((MODELS / "calibration.json").read_text(encoding="utf-8"))
    fitted = calibration["left_out"]["all"]
    return [
        _asked(
            newest("natural"),
            "Natural questions over everyday documents",
            "`python -m benchmarks.natural CORPUS…`",
        ),
        _asked(
            newest("everyday"),
            "… over two folders written for reporting alone",
            "`python -m benchmarks.natural`",
        ),
        (
            f"SQuAD v1.1 dev, paragraph given, {v1['questions']:,} questions¹",
            f"EM {v1['em']:.1f}, F1 {v1['f1']:.1f}",
            ACCURACY,
        ),
        (
            f"SQuAD v2.0 dev, second half, paragraph given, {v2['questions']:,} questions¹",
            f"EM {v2['em']:.1f}, F1 {v2['f1']:.1f}",
            ACCURACY,
        ),
        *([_by_the_second(again)] if again else []),
        (
            f"SQuAD v1.1 dev pooled as {pooled['documents']} documents, "
            f"{pooled['questions']:,} questions¹",
            f"EM {pooled['best_em']:.1f}, F1 {pooled['best_f1']:.1f}, right among the first three "
            f"{pooled['top3_right']:.1f}, recall@5 {pooled['recall_at']['5']:.1f}",
            ACCURACY,
        ),
        (
            f"`seeds/`, {seeds['questions']} golden questions, "
            f"{seeds['unanswerable']} of them unanswerable²",
            f"EM {seeds['em']:.1f}, F1 {seeds['f1']:.1f}",
            GOLDEN,
        ),
        (
            "… unanswerable but answered; answerable, but at most shown as possible²",
            f"{seeds['answered_but_absent']:.0f} %; {seeds['refused_but_there']:.0f} %",
            GOLDEN,
        ),
        (
            f"Calibration error (ECE), {fitted['questions']:,} questions over everyday documents, "
            "each corpus left out of the fit",
            f"{fitted['ece']:.3f}",
            "`python -m training.calibrate CORPUS… --paragraphs FILE`",
        ),
        ("… over `seeds/`, documents of another kind", f"{seeds['ece']:.3f}", GOLDEN),
    ]


def _by_the_second(scores: dict[str, Any]) -> Row:
    v1, v2 = scores["squad_v1"]["reported"], scores["squad_v2"]["reported"]
    return (
        f"… by the second reader, samples of {v1['questions']:,} and {v2['questions']:,}",
        f"F1 {v1['f1']:.1f} and {v2['f1']:.1f}",
        ACCURACY,
    )


def more_numbers() -> str:
    """Return the table of ``benchmarks/README.md`` as Markdown."""
    accuracy, speed, others = newest("accuracy"), newest("speed"), newest("distractors")
    v1, v2 = accuracy["squad_v1"], accuracy["squad_v2"]
    stopped, among = newest("early-stop")["pooled"], others["among others"]
    question, building, ocr = speed["question"], speed["building"], newest("ocr")
    rows = [
        (
            f"SQuAD v1.1 dev, complete, {v1['questions']:,} questions, some used for choices",
            f"EM {v1['em']:.1f}, F1 {v1['f1']:.1f}",
            "`qa eval reader squad-v1.1-dev.jsonl.gz`",
        ),
        (
            f"SQuAD v2.0 dev, complete, {v2['questions']:,} questions, some used for choices",
            f"EM {v2['em']:.1f}, F1 {v2['f1']:.1f}",
            "`qa eval reader squad-v2.0-dev.jsonl.gz`",
        ),
        (
            f"The pooled questions among {among['passages'] - others['pooled']['passages']:,} "
            "passages of other articles",
            f"EM {among['best_em']:.1f} (without them {others['pooled']['best_em']:.1f}), "
            f"recall@5 {among['recall_at']['5']:.1f} ({others['pooled']['recall_at']['5']:.1f})",
            "`python -m benchmarks.distractors TEXT QA_DATA --folder DIR`",
        ),
        (
            f"Lost by not reading every passage, {stopped['questions']:,} pooled questions",
            f"EM {stopped['limits'][0]['em_lost']:.1f}, "
            f"right among three {stopped['limits'][0]['top3_lost']:.1f}",
            "`python -m benchmarks.early_stop QA_DATA`",
        ),
        (
            f"OCR of {ocr['pages']} printed pages at 200 dpi: words right and in order, clean; "
            "tilted by 2°, noisy",
            f"{ocr['clean']['right']:.1f} %; {ocr['tilted']['right']:.1f} %",
            OCR,
        ),
        (
            "… processor time of a page; peak memory of the process",
            f"{ocr['clean']['processor_seconds_a_page']:.1f} s; {ocr['peak_mib']} MiB",
            OCR,
        ),
        (
            "Reading ten passages, against PyTorch in float32",
            f"× {question['read_all_over_torch']:.2f}",
            SPEED,
        ),
        (
            "Building an index; its time against `SentenceTransformer.encode` alone",
            f"{building['build_passages_per_s']:.0f} passages/s; "
            f"× {building['build_over_plain_encode_time']:.2f}",
            SPEED,
        ),
        *_served(),
    ]
    return "\n".join(_table(rows))


def _served() -> list[Row]:
    """Return the lines on `qa serve`, as far as they were measured."""
    rows = []
    if load := _latest("load"):
        got, failed = load["load"], sum(load["load"]["refused_or_broken"].values())
        rows.append(
            (
                f"`qa serve` with {got['askers']} askers at once for {got['seconds']:.0f} s and "
                f"{counted(got['rebuilds'], 'rebuild')}: answered; refused or broken; "
                "of two indexes",
                f"{got['answered']:,}; {failed:,}; {got['mixed']:,}",
                LOAD,
            )
        )
        rows.append(
            (
                "… p95 of their answers, against all their questions alone, shared among "
                f"{load['machine']['cores']} cores; the API beside the library, a question "
                f"(other work on the machine: load {load['load_average']:.0f})",
                f"{got['p95_ms'] / 1000:.1f} s, × {got['p95_over_fair']:.2f}; "
                f"{load['one_question']['added_ms']:.1f} ms",
                LOAD,
            )
        )
    if growth := _latest("growth"):
        first, *_, last = growth["resident_mib"]
        rows.append(
            (
                f"Resident memory of `qa serve` before and after {growth['rebuilds']} rebuilds",
                f"{first:,} MiB; {last:,} MiB",
                "`python -m benchmarks.growth`",
            )
        )
    return rows


def _asked(results: dict[str, Any], what: str, command: str) -> Row:
    """Return a line on the natural questions of some folders."""
    asked = results["all"]
    return (
        f"{what}, {asked['answerable']} answerable and {asked['absent']} not "
        "([by kind](benchmarks/README.md#natural-questions))",
        f"best answer right {asked['best_right']:.0f} %; "
        f"shown right {asked['right_shown']:.0f}, wrong {asked['wrong_shown']:.0f}; "
        f"absent answered {asked['absent_answered']:.0f} %",
        command,
    )


def natural(results: dict[str, Any]) -> str:
    """Return the table of natural questions as Markdown: all, by corpus and by tag."""
    columns = {
        "recall_at_5": "passage in 5",
        "recall_at_20": "in 20",
        "best_right": "best right",
        "right_shown": "right shown",
        "wrong_shown": "wrong shown",
        "refused": "refused",
        "absent_answered": "absent answered",
    }
    lines = [
        f"| natural questions, % | n | {' | '.join(columns.values())} | AUC |",
        f"|---|{'---:|' * (len(columns) + 2)}",
    ]
    rows = {"**all**": results["all"], **results["corpora"], **results["tags"]}
    for name, row in rows.items():
        # By tag, the questions without an answer are the same in every row.
        absent = name not in results["tags"]
        values = [f"{row[key]:.1f}" for key in columns if absent or key != "absent_answered"]
        count = f"{row['answerable']:,}" + (f" + {row['absent']:,}" if absent else "")
        cells = [name, count, *values, *([] if absent else [""]), f"{row['auc']:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _table(rows: Iterable[Row]) -> list[str]:
    lines = ["| what | measured | command |", "|---|---|---|"]
    return lines + [f"| {what} | {measured} | {command} |" for what, measured, command in rows]


def sections() -> dict[tuple[Path, str], str]:
    """Return what is generated, by the file and the name of its section."""
    own, benchmarks = ROOT / "README.md", ROOT / "benchmarks/README.md"
    peers = newest("peers")
    return {
        (own, "numbers"): numbers(),
        (own, "peers"): summary(peers),
        (benchmarks, "numbers"): more_numbers(),
        (benchmarks, "natural"): natural(newest("natural")),
        (benchmarks, "everyday"): natural(newest("everyday")),
        (benchmarks, "peers"): markdown(peers),
    }


def main() -> None:
    """Write each section between its two marks."""
    for (path, name), made in sections().items():
        begin, end = (mark.format(name) for mark in MARKS)
        before, rest = path.read_text("utf-8").split(begin)
        after = rest.split(end)[1]
        path.write_text(f"{before}{begin}\n{made}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
