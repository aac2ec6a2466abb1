"""Judge weights on the held-back rows: ``python -m training.teacher.judge TEACHER DATA``.

``--small`` judges the shipped reader instead, on the same rows and by the same rules.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from qa.networks.threads import cores
from qa.networks.weights import read_model
from training.command import run
from training.networks import DEVICE, load_tokenizer
from training.objective import Sides
from training.rows import Batch
from training.teacher.checkpoint import add_weights_option, use_checkpoint
from training.teacher.network import PRECISIONS, finished
from training.teacher.validation import Logits, judge

_NEVER = -1e4


def shipped_reader() -> Logits:
    """Return the shipped reader's logits as a function of a batch, row by row without padding."""
    session = read_model("reader").session()

    def logits(batch: Batch) -> Sides:
        sides = torch.full((2, *batch.input_ids.shape), _NEVER)
        for i, length in enumerate(batch.attention_mask.sum(dim=1).tolist()):
            row = {
                "input_ids": batch.input_ids[i : i + 1, :length].cpu().numpy(),
                "token_type_ids": batch.token_type_ids[i : i + 1, :length].cpu().numpy(),
            }
            of_row = session.run(["start_logits", "end_logits"], row)
            sides[:, i, :length] = torch.from_numpy(np.concatenate(of_row))
        return sides[0].to(DEVICE), sides[1].to(DEVICE)

    return logits


def main() -> None:
    """Print EM, F1 and the other scores of the weights, as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.judge", description=main.__doc__
    )
    parser.add_argument("teacher", type=Path, help="folder of weights")
    parser.add_argument("data", type=Path, help="the output of training.teacher.mix")
    parser.add_argument("--checkpoint", type=Path, help="of a training")
    add_weights_option(parser)
    parser.add_argument("--small", action="store_true", help="judge the shipped reader")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    if options.small:
        logits = shipped_reader()
    else:
        teacher = finished(options.teacher, precision=options.precision)
        if options.checkpoint:
            use_checkpoint(teacher, options.checkpoint, options.weights)
        logits = teacher.logits
    print(json.dumps(judge(options.data, load_tokenizer(), logits)))


if __name__ == "__main__":
    run(main)
