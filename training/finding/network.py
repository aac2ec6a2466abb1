"""The encoder in training: vectors of texts and of their sentences, and the loss over a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModel, PreTrainedModel

from qa.networks.parts import sentences
from training.finding.batch import Batch
from training.finding.pool import Text
from training.networks import ATTENTION, BFLOAT16, DEVICE, load_tokenizer
from training.rounding import add_rounding

TEXT_TOKENS = 176
_QUESTION_TOKENS = 64
# The lowest layers and all embeddings stay as they are.
_FROZEN = ("embeddings.", "encoder.layer.0.", "encoder.layer.1.", "pooler.")
# Cosines are multiplied by this before the softmax, as in the encoder's own training.
_SCALE = 20.0
# The weight of words, so that the vectors learn what words do not find, and of the best sentence.
_LEXICAL = 0.15
_SENTENCE = 0.5
_TOKENS_AT_ONCE = 3072


class Finder(torch.nn.Module):
    """An encoder whose text vectors are means of token states, and so are its sentences'.

    It is rounded as its int8 file is.
    """

    def __init__(self, start: Path) -> None:
        super().__init__()
        self.body: PreTrainedModel = AutoModel.from_pretrained(
            start,
            dtype=torch.float32,
            attn_implementation=ATTENTION,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
        self.body.to(DEVICE)
        self.tokenizer: Tokenizer = load_tokenizer()
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(not name.startswith(_FROZEN))
        self._rounding = add_rounding(self.body)

    def trained(self) -> list[torch.nn.Parameter]:
        """Return the parameters that are trained."""
        return [each for each in self.body.parameters() if each.requires_grad]

    def questions(self, questions: Sequence[str]) -> torch.Tensor:
        """Return unit vectors, ``(questions, width)``."""
        rows = [self._ids(question, _QUESTION_TOKENS)[0] for question in questions]
        found = {row: states.mean(0) for row, states in self._states(rows)}
        return torch.nn.functional.normalize(
            torch.stack([found[row] for row in range(len(rows))]), dim=1
        )

    def texts(self, texts: Sequence[Text]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return unit vectors of texts and of their sentences, and each sentence's text.

        A sentence's vector is the mean of its tokens as they were read within the text (Günther
        et al., "Late chunking", 2024).
        """
        rows, spans = [], []
        for text in texts:
            prefix = f"{text.heading}\n" if text.heading else ""
            ids, offsets = self._ids(prefix + text.text, TEXT_TOKENS)
            rows.append(ids)
            spans.append(_token_spans(text.text, len(prefix), offsets) or [(0, len(ids))])
        whole: dict[int, torch.Tensor] = {}
        parts: dict[int, list[torch.Tensor]] = {}
        for row, states in self._states(rows):
            whole[row] = states.mean(0)
            parts[row] = [states[start:end].mean(0) for start, end in spans[row]]
        owners = [row for row in range(len(rows)) for _ in parts[row]]
        return (
            torch.nn.functional.normalize(
                torch.stack([whole[row] for row in range(len(rows))]), dim=1
            ),
            torch.nn.functional.normalize(
                torch.stack([part for row in range(len(rows)) for part in parts[row]]), dim=1
            ),
            torch.tensor(owners, device=DEVICE),
        )

    def _ids(self, text: str, most: int) -> tuple[list[int], list[tuple[int, int]]]:
        encoding = self.tokenizer.encode(text)
        encoding.truncate(most)
        return encoding.ids, encoding.offsets

    def _states(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield each row's number and token states, ``(tokens, width)``, like lengths together."""
        left = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        while left:
            count = 1
            while count < len(left) and (count + 1) * len(rows[left[count]]) <= _TOKENS_AT_ONCE:
                count += 1
            batch, left = left[:count], left[count:]
            ids = torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(rows[row]) for row in batch], batch_first=True
            ).to(DEVICE)
            lengths = torch.tensor([len(rows[row]) for row in batch], device=DEVICE)
            mask = (torch.arange(ids.shape[1], device=DEVICE) < lengths[:, None]).long()
            self._rounding.mask = mask
            with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=BFLOAT16):
                hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
            for row, states in zip(batch, hidden.float(), strict=True):
                yield row, states[: len(rows[row])]


def loss_of(finder: Finder, batch: Batch) -> torch.Tensor:
    """Return the loss of a batch: how unlikely the texts that answer are among all of them.

    Measured by the sum that finds them (cosine, best sentence, words), and with less weight by
    the text's vector alone and by the best sentence alone.
    """
    asked = finder.questions(batch.questions)
    whole, parts, owners = finder.texts(batch.texts)
    cosine = asked @ whole.T
    best = torch.full_like(cosine, -1.0).scatter_reduce(
        1, owners.expand(len(asked), -1), asked @ parts.T, "amax"
    )
    both = (1 - _SENTENCE) * cosine + _SENTENCE * best + _LEXICAL * batch.lexical.to(DEVICE)
    return _surprise(both, batch) + 0.5 * _surprise(cosine, batch) + 0.25 * _surprise(best, batch)


def _surprise(scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the mean of -log of the share that right texts have; unsure ones do not count."""
    logits = (_SCALE * scores).masked_fill(batch.unsure.to(DEVICE), -1e4)
    right = logits.masked_fill(~batch.right.to(DEVICE), -1e4)
    return (logits.logsumexp(1) - right.logsumexp(1)).mean()


def _token_spans(
    text: str, shift: int, offsets: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the first token of each sentence and the one after its last."""
    spans = []
    for start, end in sentences(text):
        inside = [
            token
            for token, (first, last) in enumerate(offsets)
            if last > first and first >= start + shift and last <= end + shift
        ]
        if inside:
            spans.append((inside[0], inside[-1] + 1))
    return spans
