"""Connectors found: every package under `connectors/`, and those that other distributions announce.

One that cannot be imported is reported, never raised: a broken folder must not take the others with it.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points

from webcare.ports import platforms
from webcare.ports.connector import Spec

GROUP = "webcare.connectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A connector, or why there is none: exactly one of `spec` and `problem`."""

    name: str
    spec: Spec | None = None
    problem: str | None = None


def connectors() -> list[Found]:
    """Return what was found, by name; a folder here wins over a distribution of the same name."""
    package = import_module("connectors")
    found = {
        info.name: _load(info.name, f"connectors.{info.name}", "connector")
        for info in pkgutil.iter_modules(package.__path__)
        if info.ispkg
    }
    for entry in entry_points(group=GROUP):
        if entry.name not in found:
            found[entry.name] = _load(entry.name, entry.module, entry.attr or "connector")
    return [found[name] for name in sorted(found)]


def connector(name: str) -> Found:
    """Return the connector of that name; its `problem` says when there is none."""
    known = {found.name: found for found in connectors()}
    if name in known:
        return known[name]
    return Found(name=name, problem=f"no connector is called {name!r}; there are {', '.join(known) or 'none'}")


def _load(name: str, module: str, attribute: str) -> Found:
    try:
        spec = getattr(import_module(module), attribute)
    except Exception as error:  # noqa: BLE001 - the runner around somebody else's code
        return Found(name=name, problem=f"cannot be imported: {type(error).__name__}: {error}")
    if not isinstance(spec, Spec):
        return Found(name=name, problem=f"{module}.{attribute} is no connector spec")
    if spec.kind != name:
        return Found(name=name, problem=f"its spec says kind {spec.kind!r}")
    platforms.note(spec.kind, spec.called)
    return Found(name=name, spec=spec)
