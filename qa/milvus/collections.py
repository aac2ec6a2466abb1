"""The two collections of a generation: its passages, and its texts and terms."""

from __future__ import annotations

import re
from typing import Any

# Milvus counts bytes.
TEXT_BYTES = 65_535
VECTOR, WORDS, CHECKSUM = "vector", "words", "checksum"


def collection_of(name: str, generation: str) -> str:
    """Return the collection of a generation's passages; ``generation`` is ``g-NUMBER-HASH``."""
    return f"{name}_{generation.replace('-', '_')}"


def texts_of(collection: str) -> str:
    """Return the collection of the texts and terms that belong to these passages."""
    return f"{collection}_texts"


def generation_of(name: str, collection: str) -> str:
    """Return the generation that a collection has passages or texts of; empty if it has none."""
    found = re.fullmatch(rf"{name}_g_(\d+)_([0-9a-f]+)(?:_texts)?", collection)
    return f"g-{found[1]}-{found[2]}" if found else ""


def passages_schema(dimension: int, kind: str) -> tuple[Any, Any]:
    """Return the schema of a collection of passages, and its indexes.

    ``kind`` is the index of the vectors: ``FLAT`` is exact, the others of Milvus are not.
    """
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("document", DataType.INT64)  # its number, from 0
    schema.add_field("start", DataType.INT64)
    schema.add_field("end", DataType.INT64)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("parts", DataType.VARCHAR, max_length=TEXT_BYTES)  # base64
    schema.add_field(WORDS, DataType.SPARSE_FLOAT_VECTOR)  # BM25
    schema.add_field("body", DataType.VARCHAR, max_length=TEXT_BYTES)  # JSON
    schema.add_field(CHECKSUM, DataType.VARCHAR, max_length=32)  # of the other fields but words
    indexes = MilvusClient.prepare_index_params()
    indexes.add_index(field_name=VECTOR, index_type=kind, metric_type="IP")
    indexes.add_index(
        field_name=WORDS, index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params={}
    )
    indexes.add_index(field_name="document", index_type="INVERTED")
    return schema, indexes


def texts_schema() -> tuple[Any, Any]:
    """Return the schema of a collection of texts and terms, and its indexes."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field("passages", DataType.INT64)  # that contain a term; 0 for a text
    schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)  # no collection is without a vector
    indexes = MilvusClient.prepare_index_params()
    indexes.add_index(field_name="unused", index_type="FLAT", metric_type="L2")
    return schema, indexes
