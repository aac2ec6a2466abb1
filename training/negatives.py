"""Hard negatives: the passages that our own retrieval confuses with the right one.

``python -m training.negatives DATA FILE`` chooses them once for trainings of one draw.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import faiss
import numpy as np
import tantivy
import torch
from numpy.typing import NDArray

from qa.errors import ModelCorrupt
from qa.evaluation.metrics import holds
from qa.networks.threads import cores
from qa.networks.weights import encoder_folder
from qa.retrieval.hybrid import fuse
from training.attention import NAME
from training.commands import add_device_option, in_one_line, load_tokenizer, share, swap_in
from training.examples import Context, Example, load_examples
from training.loop import Recipe, prefers_bfloat16

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

# A passage of the index has about as many; what a longer paragraph says later is cut.
PASSAGE_TOKENS = 128

_WORD = re.compile(r"\w+")


def add_negatives(
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    share: float,
    seed: int,
    embed: Embed,
    candidates: int = 8,
) -> list[Example]:
    """Give a ``share`` of the answerable examples one hard negative.

    The negative is the best hit for the question, among ``candidates``, in which no
    accepted answer occurs. Hits are fused as
    ``qa.retrieval.hybrid.HybridSearch`` fuses them, by vectors and by the stems of the text
    alone. ``embed`` gives unit vectors,
    ``(texts, width)``: float32 weights do, and are quicker in batches than the shipped
    file, which reads one text at a time.
    """
    rng = random.Random(seed)
    chosen = [i for i, e in enumerate(examples) if e.answers and rng.random() < share]
    if not chosen:
        return list(examples)
    texts = [context.text for context in contexts]
    questions = [examples[i].question for i in chosen]
    by_words = _by_words(texts, questions, candidates)
    vectors, asked = embed(texts), embed(questions)
    by_vectors = _by_vectors(vectors, asked, candidates)
    result = list(examples)
    for i, vector, lexical, dense in zip(chosen, asked, by_words, by_vectors, strict=True):
        found = [*dense, *lexical]
        cosines = dict(zip(found, map(float, vectors[found] @ vector), strict=True))
        for row in fuse(cosines, lexical):
            if not any(holds(texts[row], answer) for answer in examples[i].references):
                result[i] = replace(examples[i], negative=row)
                break
    return result


def with_negatives(
    path: Path,
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    share: float,
    seed: int,
    device: str,
) -> list[Example]:
    """Return the examples with the negatives kept at ``path``; they are chosen where none are."""

    def choose() -> list[Example]:
        embed = embedder(encoder_folder(), device=device, bfloat16=prefers_bfloat16(device))
        return add_negatives(examples, contexts, share=share, seed=seed, embed=embed)

    return remembered(path, examples, choose)


def add_draw_options(parser: argparse.ArgumentParser, *, negatives: float) -> None:
    """Add what says which questions are drawn and which have a hard negative; see :func:`drawn`.

    The parser has ``--seed``, ``--output`` and ``--device``.
    """
    parser.add_argument(
        "--negatives", type=share, default=negatives, help="share of questions with a hard one"
    )
    parser.add_argument(
        "--data-seed", type=int, help="draws the questions and their negatives (default: --seed)"
    )
    parser.add_argument(
        "--negatives-file",
        type=Path,
        help="keeps what was chosen, for runs of one --data-seed (default: OUTPUT/negatives.npy)",
    )


def data_seed(options: argparse.Namespace) -> int:
    """Return the seed that draws the questions."""
    return int(options.seed if options.data_seed is None else options.data_seed)


def drawn(
    options: argparse.Namespace, examples: Sequence[Example], contexts: Sequence[Context]
) -> list[Example]:
    """Return the examples with the negatives that the options of a training ask for."""
    return with_negatives(
        options.negatives_file or options.output / "negatives.npy",
        examples,
        contexts,
        share=options.negatives,
        seed=data_seed(options),
        device=options.device,
    )


def remembered(
    path: Path, examples: Sequence[Example], choose: Callable[[], list[Example]]
) -> list[Example]:
    """Return the examples with the negatives kept at ``path``, or those that ``choose`` gives.

    A run that is resumed must have the negatives it began with: its place in the
    plan of an epoch depends on which examples have one. Raises
    :class:`~qa.errors.ModelCorrupt` for a file that is of other examples, or none of ours.
    """
    if not path.is_file():
        chosen = choose()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = BytesIO()
        np.save(file, np.array([example.negative for example in chosen], dtype=np.int64))
        swap_in(path, file.getvalue())
        return chosen
    mend = "remove it, or name another file"
    try:
        rows = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ModelCorrupt(f"{path} cannot be read ({error}): {mend}") from error
    if rows.shape != (len(examples),):
        raise ModelCorrupt(
            f"{path} is of other data ({rows.size} examples, here {len(examples)}): {mend}"
        )
    return [
        replace(example, negative=int(row)) for example, row in zip(examples, rows, strict=True)
    ]


def embedder(folder: Path, *, device: str, bfloat16: bool) -> Embed:
    """Return the encoder in ``folder`` as a function from texts to unit vectors, in batches."""
    from sentence_transformers import SentenceTransformer

    network: SentenceTransformer = SentenceTransformer(
        str(folder), device=device, model_kwargs={"attn_implementation": NAME}
    )
    network.max_seq_length = PASSAGE_TOKENS

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bfloat16):
            vectors = network.encode(
                list(texts), batch_size=64, normalize_embeddings=True, convert_to_tensor=True
            )
        return vectors.float().cpu().numpy()

    return embed


def _by_words(texts: Sequence[str], questions: Sequence[str], depth: int) -> list[dict[int, float]]:
    """Return each question's ``depth`` best texts, and the BM25 score of each."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("row", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(heap_size=128_000_000, num_threads=1)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    rankings = []
    for question in questions:
        # Lower case, or IN, AND and OR would be taken as the query language.
        words = " ".join(_WORD.findall(question.lower()))
        hits = searcher.search(index.parse_query(words, ["text"]), depth).hits if words else []
        rankings.append({int(searcher.doc(place)["row"][0]): float(score) for score, place in hits})
    return rankings


def _by_vectors(
    texts: NDArray[np.float32], questions: NDArray[np.float32], depth: int
) -> list[list[int]]:
    """Return each question's ``depth`` nearest texts by inner product."""
    index = faiss.IndexFlatIP(texts.shape[1])
    index.add(texts)
    _scores, rows = index.search(questions, min(depth, len(texts)))
    return [[int(row) for row in ranking] for ranking in rows]


@in_one_line
def main() -> None:
    """Choose hard negatives, and keep them in a file for ``python -m training.reader``."""
    parser = argparse.ArgumentParser(prog="python -m training.negatives", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("file", type=Path, help="to be named to --negatives-file")
    parser.add_argument("--negatives", type=share, default=Recipe(steps=0).negatives)
    parser.add_argument("--data-seed", type=int, default=Recipe(steps=0).seed)
    add_device_option(parser)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    contexts, examples, _ = load_examples(options.data, load_tokenizer(), seed=options.data_seed)
    chosen = with_negatives(
        options.file,
        examples,
        contexts,
        share=options.negatives,
        seed=options.data_seed,
        device=options.device,
    )
    there = [example.negative >= 0 for example in chosen if example.answers]
    print(f"{sum(there)} of {len(there)} questions with an answer have one: {options.file}")


if __name__ == "__main__":
    main()
