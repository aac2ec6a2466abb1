"""Whether ONNX Runtime's products of 8-bit integers are exact on this processor.

Without VNNI, x86's kernels for signed weights add two products in 16 bits, which overflows: logits
of the shipped readers were off by a tenth of their spread. An option makes such processors use
kernels for unsigned weights, which are exact. Set where it is not needed, it keeps processors with
AMX from their fastest kernels: the first reader then takes 2.1 times as long, the second 3.6 times.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

# An option of ONNX Runtime's sessions: exact products on every processor.
EXACT = "session.x64quantprecision"
# A network of one MatMulInteger, from uint8 and int8 to int32, as ONNX's protocol buffers.
_PRODUCT = (
    b'\x08\n:>\n\x18\n\x01a\n\x01b\x12\x01c"\rMatMulInteger\x12\x01gZ\t\n\x01a\x12\x04\n\x02\x08'
    b"\x02Z\t\n\x01b\x12\x04\n\x02\x08\x03b\t\n\x01c\x12\x04\n\x02\x08\x06B\x04\n\x00\x10\n"
)
_ROWS, _DEPTH = 16, 64


@lru_cache(maxsize=1)
def products_overflow() -> bool:
    """Return whether a product of the largest integers is wrong without the option ``EXACT``."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(_PRODUCT, options, providers=["CPUExecutionProvider"])
    return _is_inexact(session)


def _is_inexact(session: Any) -> bool:
    largest = np.full((_ROWS, _DEPTH), 255, np.uint8), np.full((_DEPTH, _ROWS), 127, np.int8)
    (product,) = session.run(None, dict(zip("ab", largest, strict=True)))
    return bool((product != 255 * 127 * _DEPTH).any())
