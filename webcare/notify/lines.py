"""A target that writes each alert as a line of JSON to a file: for the demo, for tests, and for whoever reads along with `tail -f`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from webcare.domain.durations import format_instant
from webcare.ports.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from webcare.ports.notifier import Alert


class LinesNotifier:
    """Appends to one file. A line is written whole, so that two writers do not mix."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, alert: Alert) -> None:
        line = json.dumps(
            {
                "key": alert.key,
                "person": alert.person,
                "method": alert.method,
                "decided_at": format_instant(alert.decided_at),
                **alert.content,
            },
            ensure_ascii=False,
        )
        try:
            await asyncio.to_thread(self._append, line + "\n")
        except OSError as error:
            raise Unavailable(f"cannot write {self._path}: {error.strerror}") from error

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line)


class NobodyNotifier:
    """Takes everything and tells nobody: replay only counts."""

    async def send(self, alert: Alert) -> None:
        """Accept it."""
