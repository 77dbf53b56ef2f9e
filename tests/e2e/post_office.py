"""A mail server on this machine that keeps every letter."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


class Mailbox:
    """Takes everything; `late` is how many seconds pass between taking a letter and saying so."""

    def __init__(self):
        self.letters = []
        self.late = 0.0
        self._server = None

    async def open(self):
        self._server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), "127.0.0.1", 0)
        return self

    def close(self):
        self._server.close()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's names
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        await asyncio.sleep(self.late)
        return "250 OK"

    @property
    def settings(self):
        port = self._server.sockets[0].getsockname()[1]
        return {"host": "127.0.0.1", "port": port, "sender": "webcare@meerkoet.example", "security": "plain"}
