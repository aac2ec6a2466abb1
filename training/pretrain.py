"""Reading plain text before questions.

Sentence embeddings are means of tokens, and training for them leaves single tokens with
less to say than a reader needs. Here the encoder's network learns two things from text at a
time: to fill a sentence's blank from the rest of its paragraph (:mod:`training.recurring`), and
to restore masked tokens of that rest (Devlin et al., 2019, section 3.1).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForMaskedLM, PreTrainedModel

from qa.networks.reader import MAX_TOKENS
from qa.networks.threads import cores
from training.batches import Batches
from training.checkpoint import is_made, read_made_of, write_checkpoint
from training.loop import Schedule, train
from training.networks import (
    BFLOAT16,
    DEVICE,
    DROPOUT,
    hidden_states,
    load_reader,
    load_tokenizer,
    span_logits,
)
from training.objective import span_loss
from training.recurring import Clozes, contains, draw_cloze, read_clozes
from training.rows import MASK, Batch, Row, make_row

# Share of the blanks that are put to a paragraph drawn from the article. Where that contains the
# words too, or is their own, their own is read: in Wikipedia's articles one blank in six then
# has no answer.
ABSENT = 0.2
# Share of a batch's positions, padding and questions counted, that are masked in its paragraphs.
MASKED = 0.15


def pretrain(text: Path, schedule: Schedule, folder: Path, *, start: Path) -> Path:
    """Train on the text and write the reader's checkpoint, unless it is there; return its folder.

    ``text`` has an article a line, ``{"paragraphs": [text, ...]}``, plain or gzipped.
    """
    made_of = {
        "start": read_made_of(start),
        "text": text.name,
        "schedule": asdict(schedule),
    }
    if is_made(folder, made_of):
        return folder
    tokenizer = load_tokenizer()
    clozes = read_clozes(text, tokenizer, workers=cores())
    torch.manual_seed(schedule.seed)  # for the heads, which are new
    reader = load_reader(start, dropout=DROPOUT)
    network = ReaderAndRestorer(reader).to(DEVICE)

    def loss_of(batch: Batch) -> torch.Tensor:
        """Return the loss of the spans plus that of the masked tokens, a scalar."""
        masked, chosen, right = mask_tokens(batch)
        hidden = hidden_states(network.reader, masked)
        spans = span_loss(span_logits(network.reader, hidden), batch, shared=False)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=BFLOAT16):
            logits = network.restorer(hidden.flatten(0, 1).index_select(0, chosen))
        # -100 is what cross_entropy leaves out.
        return spans + torch.nn.functional.cross_entropy(logits.float(), right)

    batches = ClozeBatches(clozes, schedule)
    trained = train(network, batches, loss_of, schedule, folder)
    write_checkpoint(trained.reader, folder, tokenizer, made_of)
    return folder


class ClozeBatches(Batches):
    """Batches of paragraphs, with a blank drawn in each."""

    def __init__(self, clozes: Sequence[Clozes], schedule: Schedule) -> None:
        self._clozes = clozes
        self._articles: dict[int, list[int]] = {}
        for position, each in enumerate(clozes):
            self._articles.setdefault(each.article, []).append(position)
        super().__init__(
            [min(MAX_TOKENS, len(each.ids) + 3) for each in clozes],
            [1] * len(clozes),
            tokens_per_batch=schedule.tokens_per_batch,
            seed=schedule.seed,
        )

    def rows_at(self, number: int, position: int, rng: random.Random) -> list[Row]:
        """Return the row of a blank, and its paragraph or another of the article."""
        clozes = self._clozes[position]
        cloze = draw_cloze(clozes, rng)
        ids, answers = cloze.context_ids, dict.fromkeys(cloze.answers, 1)
        if rng.random() < ABSENT:
            other = self._clozes[rng.choice(self._articles[clozes.article])].ids
            if not contains(other, cloze.words):
                ids, answers = other.astype(np.int32), {}
        row = make_row(
            cloze.question_ids,
            ids,
            answers,
            rng=rng,
            max_tokens=min(MAX_TOKENS, len(clozes.ids) + 3),
        )
        return [row]


class ReaderAndRestorer(torch.nn.Module):
    """A reader, and the head that restores masked tokens, which is not kept.

    The vectors of the tokens it restores are the reader's own.
    """

    def __init__(self, reader: PreTrainedModel) -> None:
        super().__init__()
        whole = AutoModelForMaskedLM.from_config(reader.config)  # type: ignore[no-untyped-call]
        self.reader: PreTrainedModel = reader
        self.restorer = whole.cls.predictions
        self.restorer.decoder.weight = reader.get_input_embeddings().weight


def mask_tokens(batch: Batch) -> tuple[Batch, torch.Tensor, torch.Tensor]:
    """Mask tokens of the windows: a batch, the positions in its flattened rows, and their labels.

    The number of positions is ``MASKED`` of the batch's, those of windows first, so that every
    batch of a shape has as many. Positions beyond the windows get the label -100, which asks
    nothing, and are not changed; nor is the first or the last token of an answer. Of the others
    80 % become ``[MASK]``, 10 % any token of the batch, and 10 % stay.
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
    put = torch.where(fate < 0.8, torch.full_like(others, MASK), flat[chosen])
    put = torch.where(fate >= 0.9, others, put)
    put = torch.where(allowed, put, flat[chosen])
    return batch._replace(input_ids=flat.scatter(0, chosen, put).view_as(ids)), chosen, right
