"""Imports run one way: down the list below, never up."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Each package may import those above it; those of one line do not import one another.
LAYERS = [
    {"errors", "text", "offline", "hashing", "defaults"},
    {"types", "opening"},
    {"networks"},
    {"loaders"},
    {"index", "sandbox"},
    {"builder", "milvus"},
    {"cluster"},
    {"retrieval", "answers"},
    {"asking", "remote"},
    {"pipeline"},
    {"evaluation", "feedback", "library", "viewer", "access"},
    {"api"},
    {"mcp"},
    {"collections"},
    {"web", "plugin"},
    {"cli"},
    {"training"},
    {"benchmarks"},
]
FLAT_MODULES = 12
PACKAGE_LINES = 2500
HEAVY = {
    "torch",
    "sentence_transformers",
    "transformers",
    "faiss",
    "tantivy",
    "onnxruntime",
    "gradio",
    "trafilatura",
    "mcp",
    "pymilvus",
    "ray",
}


def room_of(module):
    """The package or flat module that a module belongs to; None outside the project."""
    top, *rest = module.split(".")
    if top == "qa":
        return rest[0] if rest else None
    return top if top in {"training", "benchmarks"} else None


def imported_by(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # "from qa import text" imports the module; "from qa.text import counted" a function.
            yield from [f"qa.{alias.name}" for alias in node.names if node.module == "qa"]
            yield node.module


def test_imports_run_one_way():
    level = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    # What the libraries bring in by their names: the face of `qa`, and the entry points.
    faces = {"__init__", "__main__"}
    wrong = []
    for top in ("qa", "training", "benchmarks"):
        for path in sorted((ROOT / top).rglob("*.py")):
            room = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
            if room in faces:
                continue
            for other in filter(None, map(room_of, imported_by(path))):
                if other != room and level.get(other, -1) >= level[room]:
                    wrong.append(f"{path.relative_to(ROOT)} imports {other}")
    assert wrong == []


def test_packages_and_the_top_level_stay_small():
    flat = [path.name for path in (ROOT / "qa").glob("*.py")]
    assert len(flat) <= FLAT_MODULES, flat
    for package in (path.parent for path in (ROOT / "qa").rglob("__init__.py")):
        lines = sum(len(path.read_text().splitlines()) for path in package.glob("*.py"))
        assert lines <= PACKAGE_LINES, package.relative_to(ROOT)


def test_importing_the_library_loads_nothing_heavy():
    code = f"import sys; from qa import *; print(*sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_command_line_answers_at_once():
    code = "import sys; from qa.cli import main; main(['--help']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint(HEAVY | {"numpy", "pydantic", "sqlite3", "qa.pipeline"})


def test_the_public_names():
    import qa

    assert sorted(qa.__all__) == sorted(
        [
            *(
                "QA",
                "Answer",
                "Client",
                "Document",
                "Hit",
                "Passage",
                "Place",
                "Prediction",
                "QAError",
            ),
            "SearchResult",
        ]
    )
    assert all(hasattr(qa, name) for name in qa.__all__)
    assert not hasattr(qa, "Reader")


def test_the_package_imports_only_what_is_used():
    code = "import sys, qa; print(sorted({'numpy', 'httpx', 'qa.pipeline'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
