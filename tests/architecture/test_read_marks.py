"""A customer sees no blue ticks before a person has looked: they promise an answer."""

from __future__ import annotations

import re

# https://developers.facebook.com/docs/messenger-platform/send-messages/sender-actions,
# https://developers.facebook.com/docs/whatsapp/cloud-api/guides/mark-message-as-read,
# https://docs.x.com/x-api/direct-messages (1.1: direct_messages/mark_read)
MARKS = re.compile(r"""mark_seen|typing_on|typing_indicator|direct_messages/mark_read|["']status["']: ?["']read["']""")


def test_no_client_marks_anything_as_read(sources):
    clients = [s for s in sources if s.path.startswith("connectors/") and "/simulator/" not in s.path]
    assert len(clients) > 10
    assert [s.path for s in clients if MARKS.search(s.text)] == []
