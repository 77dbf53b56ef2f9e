"""Static files: read and pressed once at the start, named by what is in them, so that a browser asks for each only once.

    static/app.css  -->  /static/app.3f9c1b2a70.css    immutable; another text is another name

`SHA256SUMS` says what the files of others must be; a test compares.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER: Final = "public, max-age=31536000, immutable"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    pressed: bytes
    content_type: str


class Assets:
    """The files of the folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._by_path: dict[str, Asset] = {}
        self._paths: dict[str, str] = {}
        for file in sorted(folder.iterdir()):
            if file.suffix in TYPES:
                self._take(file)

    def _take(self, file: Path) -> None:
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:_DIGITS]
        path = f"/static/{file.stem}.{digest}{file.suffix}"
        self._paths[file.name] = path
        self._by_path[path] = Asset(body, gzip.compress(body, mtime=0), TYPES[file.suffix])

    def path(self, name: str) -> str:
        """Return the address of a file: for templates."""
        return self._paths[name]

    async def get(self, request: web.Request) -> web.Response:
        """Serve one."""
        found = self._by_path.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        headers = {hdrs.CACHE_CONTROL: FOR_EVER, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        body = found.body
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            body, headers[hdrs.CONTENT_ENCODING] = found.pressed, "gzip"
        return web.Response(body=body, content_type=found.content_type, charset="utf-8", headers=headers)
