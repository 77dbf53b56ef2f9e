from __future__ import annotations

import ast
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("webcare", "connectors", "sentiment", "alembic")


@dataclass(frozen=True)
class Source:
    """One Python file of the product; `path` is told from the root."""

    path: str

    @cached_property
    def text(self):
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self):
        return ast.parse(self.text)

    @cached_property
    def functions(self):
        """Every function with its qualified name."""
        return list(_functions(self.tree, ()))

    @cached_property
    def imports(self):
        """Every module that is imported, wherever it stands, with its line."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.append((node.module, node.lineno))
            elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "import_module",
                "__import__",
            }:
                found += [(arg.value, node.lineno) for arg in node.args[:1] if isinstance(arg, ast.Constant)]
        return found


def _functions(node, path):
    for child in ast.iter_child_nodes(node):
        inner = path
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*path, child.name)
            if not isinstance(child, ast.ClassDef):
                yield ".".join(inner), child
        yield from _functions(child, inner)


@pytest.fixture(scope="session")
def sources():
    """Every Python file of the product."""
    found = [
        Source(file.relative_to(ROOT).as_posix())
        for room in PRODUCT
        for file in sorted((ROOT / room).rglob("*.py"))
        if "__pycache__" not in file.parts
    ]
    assert len(found) > 50
    return found


@pytest.fixture(scope="session")
def tracked():
    """Every file that git knows, told from the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("git, or its folder, is not there")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]
