"""What people call the platforms, as their connectors say. Filled when connectors are found, the same for the whole program.

Pages and letters name a channel by its kind alone, also one of an archive that no connector here reads; so names are looked up, and
what nobody named is called by its kind.
"""

from __future__ import annotations

_called: dict[str, str] = {}


def note(kind: str, called: str) -> None:
    """Remember what a platform is called."""
    if called:
        _called[kind] = called


def called(kind: str) -> str:
    """Return what a platform is called; its kind with a capital where no connector says."""
    return _called.get(kind) or kind[:1].upper() + kind[1:]
