"""Why a message is read as it is: the question to the classifier, asked once more by somebody who wants to see the words that decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from webcare.services.triage import request_of
from webcare.store import desk
from webcare.store.messages import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.classifier import Request
    from webcare.store import Connection

NO_VERSION = 0


def question(conn: Connection, case_id: int, message_id: int, languages: Mapping[str, str]) -> Request | None:
    """Return what is to be asked about a message of a case, as it stands there now; None where nothing of a customer can be read.

    What was deleted or erased has no words any more that could be shown.
    """
    what = desk.message(conn, message_id)
    if what is None or what.case != case_id or what.is_deleted or not what.message.text.strip():
        return None
    pending = Pending(version=NO_VERSION, at=what.message.created_at, text=what.message.text, stored=what)
    request = request_of(conn, pending, languages)
    return None if request is None else replace(request, explain=True)
