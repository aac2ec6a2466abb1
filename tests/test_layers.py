"""Imports run one way: from the bottom of this list to its top, never back."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each layer may import those above it; modules of one layer do not import one another.
LAYERS = [
    {"qa.errors", "qa.silence", "qa.arguments", "qa.wording"},
    {"qa.types", "qa.mentions", "qa.logistic"},
    {
        "qa.weights",
        "qa.threads",
        "qa.spans",
        "qa.prospects",
        "qa.ranking",
        "qa.question",
        "qa.evaluation.metrics",
        "qa.evaluation.ranking",
        "qa.evaluation.chance",
        "qa.evaluation.datasets",
        "qa.evaluation.perturbations",
        "qa.loaders",
        "qa.splitter",
        "qa.filters",
    },
    {"qa.sentence_network"},
    {"qa.onnx_embedding"},
    {
        "qa.encoder",
        "qa.index",
        "qa.reader",
        "qa.calibration",
        "qa.candidates",
        "qa.evaluation.golden",
        "qa.evaluation.confidence",
    },
    {
        "qa.retriever",
        "qa.builder",
        "qa.feedback",
        "qa.best_first",
        "qa.evaluation.pool",
        "qa.evaluation.outcomes",
        "qa.evaluation.comparison",
    },
    {"qa.pipeline", "qa.quotations", "qa.serialize", "qa.evaluation.scores"},
    {"qa.evaluation.table", "qa.evaluation.plots"},
    {
        "qa.web",
        "qa.train",
        "qa.evaluation.corpus",
        "qa.evaluation.reader",
        "qa.evaluation.robustness",
        "qa.evaluation.report",
    },
    {"qa.evaluation.items"},
    {"qa.cli", "qa.plugin"},
    {"qa.__main__", "app", "benchmarks"},
]
HEAVY = {
    "torch",
    "sentence_transformers",
    "transformers",
    "faiss",
    "tantivy",
    "onnxruntime",
    "gradio",
    "trafilatura",
}


def unit_of(module):
    """The entry of LAYERS that a module belongs to, with the layer's number."""
    for number, layer in enumerate(LAYERS):
        for unit in layer:
            if module == unit or module.startswith(unit + "."):
                return unit, number
    return None


def modules():
    files = [*ROOT.glob("qa/**/*.py"), ROOT / "app.py", *ROOT.glob("benchmarks/**/*.py")]
    for path in files:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name not in {"qa", "qa.evaluation"}:
            yield name, path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if unit_of(full) else node.module


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: str(value)[-30:])
def test_imports_run_one_way(name, path):
    unit = unit_of(name)
    assert unit is not None, f"{name} has no layer: give it one"
    for imported in imports(path):
        other = unit_of(imported)
        if other is None or other[0] == unit[0]:
            continue
        assert other[1] < unit[1], f"{name} imports {imported}, which is not below it"


def test_importing_the_library_loads_nothing_heavy():
    code = f"import sys, qa; print(*sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_public_names():
    import qa

    assert sorted(qa.__all__) == sorted(
        ["QA", "Answer", "Document", "Hit", "Passage", "Place", "Prediction", "QAError"]
    )
    assert all(hasattr(qa, name) for name in qa.__all__)
