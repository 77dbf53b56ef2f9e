"""The direction of every import is decided once, in pyproject.toml; here is what a contract cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
CLOCK = "webcare/clock.py"
READS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime"},
}


def test_the_contracts_are_kept():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ended = subprocess.run([sys.executable, "-c", command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " kept, 0 broken" in ended.stdout


def clock_readings(source):
    """Return the lines that read a clock."""
    found = [line for name, line in source.imports if name.split(".")[0] == "time"]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            base = node.value
            owner = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", None)
            if node.attr in READS.get(owner, ()):
                found.append(node.lineno)
    return sorted(found)


def test_one_file_reads_a_clock(sources):
    """In the domain above all: there time is an argument, or nothing can be replayed."""
    found = {source.path: lines for source in sources if (lines := clock_readings(source))}
    assert found.keys() <= {CLOCK}, found
    assert not any("machine_now" in source.text for source in sources if source.path.startswith("webcare/domain/"))


def importers(sources, package):
    return {f"{source.path}:{line}" for source in sources for name, line in source.imports if name.split(".")[0] == package}


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("sqlalchemy", ("webcare/store/", "alembic/")),
        ("alembic", ("webcare/store/", "alembic/")),
        ("sqlite3", ("webcare/store/",)),
        ("torch", ("sentiment/train",)),  # training is not run time
    ],
)
def test_a_library_has_one_home(sources, package, rooms):
    assert not {where for where in importers(sources, package) if not where.startswith(rooms)}


def cycles(graph):
    """Return every knot of modules that import one another, by Tarjan's algorithm."""
    index, low, stack, found = {}, {}, [], []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph.find_modules_directly_imported_by(module):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            knot = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(knot) > 1:
                found.append(sorted(knot))

    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return found


def test_no_modules_import_one_another():
    """Not even for their types: where two modules name each other, nobody reads one without the other."""
    graph = grimp.build_graph("webcare", "connectors", "sentiment", cache_dir=None)
    assert cycles(graph) == []


def test_no_rooms_import_one_another():
    graph = grimp.build_graph("webcare", "connectors", "sentiment", cache_dir=None)
    for room in sorted(graph.find_children("webcare")):
        if graph.find_children(room):
            graph.squash_module(room)
    assert cycles(graph) == []
