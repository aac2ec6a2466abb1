"""One run of a teacher's training: network, optimizer, the average of the weights, and its place.

Its workers compute a batch each, on one thread each. Where other programs are busy, two threads
that share each matrix product wait for each other: on two busy cores a worker a core took 2.5
times as many tokens in a second of processor time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

import torch

from training.networks import DEVICE
from training.objective import Sides, allowed, distillation_loss, span_loss, with_prior
from training.rows import Batch
from training.teacher.network import Teacher
from training.teacher.recipe import Place, Recipe, learning_rate

Weights = dict[str, torch.nn.Parameter]


class Guide(Protocol):
    """A finished reader, or what one said before."""

    def logits(self, batch: Batch) -> Sides:
        """Return start and end logits, each ``(rows, tokens)`` in float32."""


class Average:
    """A moving average of the trained weights, a plain mean while it is of few steps."""

    def __init__(self, weights: Weights, horizon: int) -> None:
        self.mean = {name: weight.detach().clone() for name, weight in weights.items()}
        self.count = 0
        self._horizon = horizon

    def update(self, weights: Weights, *, restart: bool) -> None:
        """Include the weights as they are now; ``restart`` forgets all before."""
        share = 1.0 if restart else max(1 / self._horizon, 1 / (self.count + 1))
        new = [weights[name].detach() for name in self.mean]
        torch._foreach_lerp_(list(self.mean.values()), new, share)
        self.count = 1 if restart else self.count + 1


class Run:
    """A training in progress."""

    def __init__(
        self, teacher: Teacher, recipe: Recipe, *, workers: int = 1, guide: Guide | None = None
    ) -> None:
        self.teacher, self.recipe, self.guide = teacher, recipe, guide
        self.place = Place()
        freeze(teacher, recipe.frozen)
        if recipe.int8:
            teacher.round()
        self._replicas = [teacher, *(teacher.replica() for _ in range(workers - 1))]
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="teacher", initializer=torch.set_num_threads, initargs=(1,)
        )
        named = teacher.network.named_parameters()
        self.weights: Weights = {name: weight for name, weight in named if weight.requires_grad}
        self.average = Average(self.weights, recipe.averaging)
        self.optimizer = _optimizer(self.weights, recipe)
        for replica in self._replicas:
            replica.network.train()

    def step(self, batches: Sequence[Batch]) -> torch.Tensor:
        """Learn from some batches, and return the mean loss of a row, a scalar."""
        rate = learning_rate(self.recipe, self.place)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        rows = sum(len(batch.input_ids) for batch in batches)
        count = len(self._replicas)
        parts = [batches[number::count] for number in range(count)]
        losses = list(self._pool.map(self._learn, range(count), parts, [rows] * count))
        for replica in self._replicas[1:]:
            _move_gradients(replica, self.teacher)
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.place.step += 1
        is_warming_up = self.place.step <= self.recipe.warmup
        self.average.update(self.weights, restart=is_warming_up)
        return torch.stack(losses).sum()

    def _learn(self, number: int, batches: Sequence[Batch], rows: int) -> torch.Tensor:
        """Add the gradients of batches, of a step of ``rows`` rows, to those of a replica."""
        replica = self._replicas[number]
        # By step, so that dropout does not depend on where a run was interrupted.
        seed = (self.recipe.seed * 1_000_000 + self.place.step) * 8 + number
        replica.generator.manual_seed(seed)
        total = torch.zeros((), device=DEVICE)
        for batch in batches:
            batch = batch.to(DEVICE)
            loss = self._loss(replica.logits(batch), batch) * (len(batch.input_ids) / rows)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _loss(self, logits: Sides, batch: Batch) -> torch.Tensor:
        """Return the loss against the labels and, on guided rows, against the guide, a scalar."""
        logits = with_prior(logits, batch)
        loss = span_loss(logits, batch)
        guided = batch.guided.nonzero()[:, 0]
        if self.guide is None or not len(guided):
            return loss
        rows = Batch(*(each[guided] for each in batch))
        with torch.no_grad():
            start, end = with_prior(self.guide.logits(rows), rows)
            targets = allowed(start, rows).softmax(dim=1), allowed(end, rows).softmax(dim=1)
        matched = distillation_loss((logits[0][guided], logits[1][guided]), targets, rows)
        return loss + self.recipe.guidance * matched * (len(guided) / len(batch.guided))

    @contextmanager
    def averaged(self) -> Iterator[Teacher]:
        """Lend the teacher with the average of the weights, without dropout."""
        kept = {name: weight.detach().clone() for name, weight in self.weights.items()}
        assign(self.weights, self.average.mean)
        self.teacher.network.train(False)
        try:
            yield self.teacher
        finally:
            assign(self.weights, kept)
            self.teacher.network.train()


def assign(weights: Weights, values: Mapping[str, torch.Tensor]) -> None:
    """Give weights other values, in the memory that replicas and optimizer share."""
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(values[name])


def freeze(teacher: Teacher, layers: int) -> None:
    """Exclude the embeddings and the lowest layers from training."""
    body = teacher.network.base_model
    body.embeddings.requires_grad_(False)
    # Every layer of MPNet adds the same bias, the frozen ones too.
    if hasattr(body.encoder, "relative_attention_bias"):
        body.encoder.relative_attention_bias.requires_grad_(not layers)
    lowest: torch.nn.ModuleList = body.encoder.layer[:layers]  # type: ignore[union-attr,index,assignment]
    for layer in lowest:
        layer.requires_grad_(False)


def _move_gradients(source: Teacher, target: Teacher) -> None:
    """Add a replica's gradients to those of the weights that are trained, and drop them."""
    pairs = zip(source.network.parameters(), target.network.parameters(), strict=True)
    for own, kept in pairs:
        if own.grad is not None:
            kept.grad = own.grad if kept.grad is None else kept.grad.add_(own.grad)
            own.grad = None


def _optimizer(weights: Weights, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW with weight decay on matrices only."""
    groups = [
        {
            "params": [w for w in weights.values() if w.ndim >= 2],
            "weight_decay": recipe.weight_decay,
        },
        {"params": [w for w in weights.values() if w.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
