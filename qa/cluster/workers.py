"""Reads and encodes for a build, on all processors of a cluster."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.builder.corpus import stat_of
from qa.builder.fingerprint import version_here
from qa.builder.survey import Examined
from qa.builder.workers import Encoded, Reading, Texts
from qa.cluster import tasks
from qa.errors import QAError
from qa.types import Encoder

if TYPE_CHECKING:
    import pyarrow

# Texts that are under way at once, for each processor: more of them would wait in the memory of the
# cluster, and with fewer processors would wait for the last of them.
_UNDER_WAY = 4_000
# Texts and files of one task: so many, or fewer where there are not enough for all processors. A
# task takes a second, and dealing it out some milliseconds.
_TEXTS, _FILES = 64, 16
_TASKS = 4
_REMEDY = "run the same command again: it goes on from there"


class RayWorkers:
    """The workers of the cluster that this process is connected to.

    A task that is lost with its machine is done again on another. Raises
    :class:`~qa.errors.QAError` where a machine does not see the same files or has other versions,
    and where the cluster is gone.
    """

    def __init__(self, make_encoder: Callable[[], Encoder]) -> None:
        self._make_encoder = make_encoder

    def read(
        self,
        files: Mapping[str, Path],
        reading: Reading,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[str, list[Examined]]]:
        """Yield what each file contains, as the protocol says."""
        if not files:
            return
        place = tasks.Place(reading, str(Path.cwd()), tasks.lock_of(reading))
        _check_nodes(place)
        sizes = {name: stat_of(path)[0] for name, path in sorted(files.items())}
        done = 0
        rows = iter(sizes.items())
        tables = _tables(rows, len(sizes), _FILES, (tasks.NAME, tasks.SIZE))
        for answer in _mapped(list(tables), tasks.read_files, place=place):
            for name, data, node in _rows(answer, tasks.NAME, tasks.FOUND, tasks.NODE):
                read = pickle.loads(data)
                if read is not None:
                    yield name, read
                elif stat_of(files[name])[0] == sizes[name]:
                    raise QAError(
                        f"the node {node} does not see {name} as this machine does",
                        f"share {reading.folder} with all nodes, at the same path",
                    )
            done += len(answer)
            if progress is not None:
                progress(done, len(files))

    def encode(self, texts: Texts, encoder: Encoder, total: int) -> Encoded:
        """Yield the vectors of texts, as the protocol says."""
        arguments = {
            "make": self._make_encoder,
            "fingerprint": encoder.fingerprint,
            "version": version_here(),
        }
        while waiting := list(islice(texts, _UNDER_WAY * _processors())):
            rows = enumerate(text for _, text in waiting)
            tables = _tables(rows, len(waiting), _TEXTS, (tasks.NUMBER, tasks.TEXT))
            for answer in _mapped(list(tables), tasks.encode_texts, **arguments):
                yield [
                    (waiting[number][0], np.frombuffer(data, "<f4").astype(np.float32))
                    for number, data in _rows(answer, tasks.NUMBER, tasks.VECTOR)
                ]


def _mapped(
    tables: list[pyarrow.Table], function: Callable[..., pyarrow.Table], **arguments: object
) -> Iterator[pyarrow.Table]:
    """Yield what a function returns of each table, as it becomes known."""
    import ray

    # As tasks, not as actors: Ray ties a task to its actor, which never comes back where no other
    # processor is free.
    data = ray.data.from_arrow(tables).map_batches(
        function, batch_size=None, batch_format="pyarrow", fn_kwargs=arguments, num_cpus=1
    )
    try:
        for answer in data.iter_batches(batch_size=None, batch_format="pyarrow"):
            for node, problem in _rows(answer, tasks.NODE, tasks.PROBLEM):
                if problem:
                    raise _unfit(node, problem)
            yield answer
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise QAError(f"the cluster failed ({said[-1].strip()[:200]})", _REMEDY) from error


def _check_nodes(place: tasks.Place) -> None:
    """Raise QAError unless each node of the cluster can read the files."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def look(data: bytes) -> str:
        # Sent as code, since a node may have no Verbatim.
        try:
            import pickle

            from qa.cluster.tasks import problem_of

            return problem_of(pickle.loads(data))
        except (ImportError, AttributeError, TypeError) as error:
            return f"it has no Verbatim of this version ({error})"

    data = pickle.dumps(place)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = {
        ray.remote(look)
        .options(
            num_cpus=0,
            max_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        )
        .remote(data): node["NodeManagerAddress"]
        for node in nodes
    }
    for answer, name in asked.items():
        try:
            problem = ray.get(answer)
        except ray.exceptions.RayError:
            continue  # it was lost meanwhile
        if problem:
            raise _unfit(name, problem)


def _unfit(node: str, problem: str) -> QAError:
    return QAError(
        f"the node {node} cannot help: {problem}",
        "give all nodes the same Verbatim, and the documents at the same path",
    )


def _tables(
    rows: Iterator[tuple[Any, Any]], total: int, most: int, names: tuple[str, str]
) -> Iterator[pyarrow.Table]:
    """Yield rows as tables, each of them a task."""
    import pyarrow as pa

    count = min(most, max(1, total // (_TASKS * _processors())))
    while chunk := list(islice(rows, count)):
        yield pa.table([list(column) for column in zip(*chunk, strict=True)], names=list(names))


def _rows(table: pyarrow.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _processors() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))
