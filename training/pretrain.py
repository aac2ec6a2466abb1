"""Reading plain text before questions: ``python -m training.pretrain TEXT``.

Sentence embeddings are means of tokens, and training for them leaves single tokens with
less to say than a reader needs. Here the encoder's network learns two things of text at a
time: to fill a sentence's blank from the rest of its paragraph (:mod:`training.recurring`), and
to restore tokens of that rest which were masked (Devlin et al., 2019, section 3.1).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForMaskedLM, PreTrainedModel

from qa.networks.threads import cores
from qa.networks.weights import encoder_folder
from training.batches import Batch, collate, packed
from training.commands import (
    add_machine_options,
    at_least_one,
    how_made,
    in_one_line,
    keep,
    load_tokenizer,
    more_than_none,
)
from training.dropout import add_dropout
from training.examples import Context, Row, make_sequence
from training.loop import Recipe, prefers_bfloat16, run
from training.objective import span_loss
from training.recurring import BLANK, Clozes, draw_cloze, paragraphs_in, read_clozes, stands_in
from training.trainer import compile_layers, head_logits, hidden_states, id_of, new_model

# Share of the blanks that are put to a paragraph drawn from the article; where that says the words
# too, or is their own, it is their own that is read: in Wikipedia's articles one blank in six then
# has no answer.
ABSENT = 0.2
# Share of a batch's positions, padding and questions counted, that are masked in its paragraphs.
MASKED = 0.15


class ClozeEpoch:
    """The batches of one epoch: every paragraph once, a blank of it drawn by ``seed``."""

    def __init__(
        self,
        clozes: Sequence[Clozes],
        *,
        special: tuple[int, int],
        blank: int,
        tokens_per_batch: int,
        window: int,
        seed: int,
    ) -> None:
        self._clozes, self._special, self._blank = clozes, special, blank
        self._window, self._seed = window, seed
        self._neighbours = {
            position: article for article in paragraphs_in(clozes) for position in article
        }
        sizes = [min(window, len(each.ids) + 3) for each in clozes]
        self._plan = packed(sizes, [1] * len(sizes), tokens_per_batch=tokens_per_batch, seed=seed)

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, position: int) -> Batch:
        rng = random.Random(self._seed * 1_000_000 + position)
        return collate([self._row(number, rng) for number in self._plan[position]])

    def _row(self, number: int, rng: random.Random) -> Row:
        cloze = draw_cloze(self._clozes[number], rng, blank=self._blank)
        ids, answers = cloze.context_ids, dict.fromkeys(cloze.answers, 1)
        if rng.random() < ABSENT:
            other = self._clozes[rng.choice(self._neighbours[number])].ids
            if not stands_in(cloze.words, other):
                ids, answers = other.astype(np.int32), {}
        return make_sequence(
            cloze.question_ids,
            Context("", ids, ids[:0], ids[:0], ids[:0], ""),
            answers,
            special=self._special,
            rng=rng,
            max_tokens=min(self._window, len(self._clozes[number].ids) + 3),
        )


class Pretraining(torch.nn.Module):
    """A reader, and beside it what restores masked tokens, which is not kept.

    The vectors of the tokens it restores are the reader's own.
    """

    def __init__(self, reader: PreTrainedModel, *, blank: int) -> None:
        super().__init__()
        whole = AutoModelForMaskedLM.from_config(reader.config)  # type: ignore[no-untyped-call]
        self.reader = reader
        self.restorer = whole.cls.predictions
        words = reader.base_model.embeddings.word_embeddings  # type: ignore[union-attr]
        self.restorer.decoder.weight = words.weight  # type: ignore[union-attr]
        self.blank = blank

    def loss(self, batch: Batch, *, bfloat16: bool) -> torch.Tensor:
        """Return the loss of the spans plus that of the masked tokens, a scalar."""
        masked, chosen, right = masked_tokens(batch, blank=self.blank)
        hidden = hidden_states(self.reader, masked, bfloat16=bfloat16)
        spans = span_loss(*head_logits(self.reader, hidden), batch, shared=False)
        device = hidden.device.type
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bfloat16):
            logits = self.restorer(hidden.flatten(0, 1).index_select(0, chosen))
        # -100 is what cross_entropy leaves out.
        return spans + torch.nn.functional.cross_entropy(logits.float(), right)


def masked_tokens(batch: Batch, *, blank: int) -> tuple[Batch, torch.Tensor, torch.Tensor]:
    """Mask tokens of the windows: a batch, positions in its rows laid end to end, and what stood.

    As many positions are chosen for every batch of a shape, ``MASKED`` of it, those of windows
    first. Where there are no more of these the label is -100, which asks nothing, and nothing is
    changed; nor is the first or the last token of an answer. Of the others 80 % become ``blank``,
    10 % any token of the batch and 10 % stay.
    """
    ids = batch.input_ids
    may = batch.candidate & (batch.start_targets == 0) & (batch.end_targets == 0)
    may[:, 0] = False
    drawn = torch.rand(ids.shape, device=ids.device) + may
    chosen = drawn.flatten().topk(int(MASKED * ids.numel())).indices
    flat, allowed = ids.flatten(), may.flatten()[chosen]
    right = flat[chosen].masked_fill(~allowed, -100)
    fate = torch.rand(chosen.shape, device=ids.device)
    others = flat[torch.randint(len(flat), chosen.shape, device=ids.device)]
    put = torch.where(fate < 0.8, torch.full_like(others, blank), flat[chosen])
    put = torch.where(fate >= 0.9, others, put)
    put = torch.where(allowed, put, flat[chosen])
    masked = Batch(
        flat.scatter(0, chosen, put).view_as(ids),
        *(getattr(batch, name) for name in Batch.__slots__ if name != "input_ids"),
    )
    return masked, chosen, right


def pretrain(
    clozes: Sequence[Clozes],
    *,
    start: Path,
    tokenizer: Tokenizer,
    recipe: Recipe,
    output: Path,
    given: Mapping[str, object] | None = None,
    device: str = "cpu",
    workers: int = 0,
    compiled: bool = False,
    checkpoint_every: int = 250,
    stop_after: int | None = None,
) -> PreTrainedModel:
    """Train on text until ``recipe.steps`` and return the network with its span head.

    :func:`training.loop.run` says what lies in ``output`` and how a run goes on. It is the last
    weights that are returned, which the falling learning rate has settled. Of the recipe, what
    concerns questions, teachers and frozen word vectors does nothing here; ``compiled`` is that
    of :func:`training.trainer.train`.
    """
    torch.manual_seed(recipe.seed)
    blank = id_of(tokenizer, BLANK)
    reader = new_model(start, device=device)
    add_dropout(reader, recipe.dropout)
    model = Pretraining(reader, blank=blank).to(device)
    model.train()
    if compiled:
        compile_layers(reader)
    bfloat16 = prefers_bfloat16(device)

    def epoch_of(number: int) -> ClozeEpoch:
        return ClozeEpoch(
            clozes,
            special=(id_of(tokenizer, "[CLS]"), id_of(tokenizer, "[SEP]")),
            blank=blank,
            tokens_per_batch=recipe.tokens_per_batch,
            window=recipe.window,
            seed=recipe.seed * 1000 + number,
        )

    run(
        model,
        epoch_of,
        lambda batch: model.loss(batch, bfloat16=bfloat16),
        recipe=recipe,
        given=given,
        output=output,
        device=device,
        workers=workers,
        checkpoint_every=checkpoint_every,
        stop_after=stop_after,
    )
    return reader


@in_one_line
def main() -> None:
    """Train the encoder's network on plain text, for ``python -m training.reader --start``."""
    parser = argparse.ArgumentParser(prog="python -m training.pretrain", description=main.__doc__)
    parser.add_argument(
        "text", type=Path, help='lines of {"paragraphs": [text, ...]}, plain or gzip'
    )
    parser.add_argument("--start", type=Path, help="a checkpoint; default: the encoder")
    parser.add_argument("--output", type=Path, default=Path("build/pretrained"))
    parser.add_argument("--steps", type=at_least_one, default=5000)
    parser.add_argument("--learning-rate", type=more_than_none, default=4e-4)
    parser.add_argument("--tokens-per-batch", type=at_least_one, default=32768)
    parser.add_argument("--seed", type=int, default=1)
    add_machine_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    tokenizer = load_tokenizer()
    clozes = read_clozes(options.text, tokenizer, workers=cores())
    recipe = Recipe(
        steps=options.steps,
        learning_rate=options.learning_rate,
        cooldown=0.95,
        tokens_per_batch=options.tokens_per_batch,
        negatives=0.0,
        shared=False,
        seed=options.seed,
    )
    print(f"{len(clozes)} paragraphs; {asdict(recipe)}")
    given: dict[str, object] = {"start": how_made(options.start), "paragraphs": len(clozes)}
    model = pretrain(
        clozes,
        start=options.start or encoder_folder(),
        tokenizer=tokenizer,
        recipe=recipe,
        given=given,
        output=options.output,
        device=options.device,
        workers=options.workers,
        compiled=options.compile,
        checkpoint_every=options.checkpoint_every,
    )
    checkpoint = options.output / "checkpoint"
    made = given | {"recipe": asdict(recipe), "torch": torch.__version__}
    keep(model, checkpoint, tokenizer, training=made)
    print(f"wrote {checkpoint}: go on with `python -m training.reader DATA --start {checkpoint}`")


if __name__ == "__main__":
    main()
