"""The hyper-parameters of a teacher's training, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """What determines the weights, beside the start and the data.

    A step takes ``accumulate`` batches of at most ``tokens_per_batch``. The embeddings and the
    lowest ``frozen`` layers stay as they are. The learning rate rises for ``warmup`` steps. Over
    ``cooldown`` steps it falls to zero; with 0 it stays constant, so that every checkpoint is one
    to cool down from (Hägele et al., 2024). ``averaging`` is the horizon, in steps, of the moving
    average of the weights. ``guidance`` weighs the loss against the guide, where there is one.
    With ``int8`` the network is rounded as in its int8 file, :mod:`training.rounding`.
    """

    learning_rate: float = 3e-5
    warmup: int = 100
    cooldown: int = 0
    weight_decay: float = 0.01
    tokens_per_batch: int = 2560
    accumulate: int = 2
    frozen: int = 0
    dropout: float = 0.1
    averaging: int = 200
    guidance: float = 1.0
    int8: bool = False
    seed: int = 1


@dataclass(slots=True)
class Place:
    """How far a run is: steps, epoch, batches of the epoch, and the step a cooldown began at."""

    step: int = 0
    epoch: int = 0
    position: int = 0
    begun: int = 0


def learning_rate(recipe: Recipe, place: Place) -> float:
    """Return the learning rate of the next step."""
    up = (place.step + 1) / max(1, recipe.warmup)
    down = 1 - (place.step - place.begun) / recipe.cooldown if recipe.cooldown else 1.0
    return recipe.learning_rate * max(0.0, min(1.0, up, down))
