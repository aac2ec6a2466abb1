"""From a trained checkpoint to the int8 ONNX file that ships."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from qa.errors import ModelCorrupt
from qa.weights import sha256_of

HEADS = 12
OPSET = 18


class _RowReader(torch.nn.Module):
    """One row in, its start and end logits out.

    There is no attention mask among the inputs: the reader runs one passage a
    call and never pads, since dynamic int8 takes one activation scale over all
    it is given, and a passage's logits must not depend on its neighbours.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.body = model.base_model
        self.head: torch.nn.Linear = model.qa_outputs  # type: ignore[assignment]

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of shape ``(1, tokens)`` each."""
        hidden = self.body(input_ids=input_ids, token_type_ids=token_type_ids).last_hidden_state
        start, end = self.head(hidden).unbind(dim=-1)
        return start, end


def export_float(checkpoint: Path, target: Path) -> None:
    """Write the checkpoint as a float32 ONNX file with fused transformer operators."""
    from onnxruntime.transformers.optimizer import optimize_model

    model = AutoModelForQuestionAnswering.from_pretrained(
        checkpoint, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    row_reader = _RowReader(model).eval()
    # Two tensors: given one object twice, the exporter would merge the two inputs.
    example = (torch.ones((1, 40), dtype=torch.int64), torch.zeros((1, 40), dtype=torch.int64))
    tokens = torch.export.Dim("tokens", min=2, max=512)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            row_reader,
            example,
            plain,
            input_names=["input_ids", "token_type_ids"],
            output_names=["start_logits", "end_logits"],
            dynamic_shapes=({1: tokens}, {1: tokens}),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
        )
        optimized = optimize_model(
            str(plain),
            model_type="bert",
            num_heads=HEADS,
            hidden_size=model.config.hidden_size,
            opt_level=0,
        )
        optimized.save_model_to_file(str(target))
    _check_same(row_reader, target)


def _check_same(row_reader: _RowReader, exported: Path) -> None:
    """Compare the exported network with the original on a row it was not traced with."""
    import onnxruntime

    ids = torch.randint(1000, 20000, (1, 57), generator=torch.Generator().manual_seed(0))
    types = (torch.arange(57) > 12).long()[None]
    with torch.inference_mode():
        expected = torch.cat(row_reader(ids, types)).numpy()
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    given = {"input_ids": ids.numpy(), "token_type_ids": types.numpy()}
    difference = float(np.abs(np.concatenate(session.run(None, given)) - expected).max())
    if difference > 1e-3:
        raise ModelCorrupt(
            f"{exported} differs from its checkpoint by {difference:.3g} logits: "
            "look at the exporter's version in constraints.txt"
        )


def quantize(float_model: Path, target: Path, *, keep_float: tuple[str, ...] = ()) -> None:
    """Write the int8 file: dynamic quantisation, one weight scale per output channel.

    ``keep_float`` names the nodes whose weights stay in float32.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        float_model,
        target,
        per_channel=True,
        reduce_range=False,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=list(keep_float),
        extra_options={"MatMulConstBOnly": True},
    )


def export(checkpoint: Path, models: Path, *, training: dict[str, object]) -> Path:
    """Write ``reader.onnx``, ``tokenizer.json`` and ``reader.json`` into ``models``.

    ``reader.json`` carries the hashes that are checked on load, and ``training``,
    which says how the weights came about.
    """
    models.mkdir(parents=True, exist_ok=True)
    target = models / "reader.onnx"
    with tempfile.TemporaryDirectory() as folder:
        float_model = Path(folder) / "float.onnx"
        export_float(checkpoint, float_model)
        quantize(float_model, target)
    tokenizer = models / "tokenizer.json"
    tokenizer.write_bytes((checkpoint / "tokenizer.json").read_bytes())
    description = {
        "format": 1,
        "weights_sha256": sha256_of(target),
        "tokenizer_sha256": sha256_of(tokenizer),
        "training": training,
    }
    (models / "reader.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return target
