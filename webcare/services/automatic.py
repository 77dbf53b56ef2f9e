"""Is a message of ours that was not sent from here a person's answer? The facts for domain/echo.py, from what we know.

A message of ours may be heard before the customer's message that it answers: then it is looked at once more when that one comes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.domain.echo import PROMPT, SAME_WITHIN, Sent, bare, looks_automatic
from webcare.store import changes, echoes, messages

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.message import Message
    from webcare.ports.channel import ChannelAccount
    from webcare.store import Connection

ROUNDED = timedelta(seconds=1)  # one time stamp may be in whole seconds where the other is not
OUR_RECEIPT = "a receipt that we sent ourselves"
FAILED = "it was not delivered"


def judge(conn: Connection, ours: Message, account: ChannelAccount, app_id: str | None = None) -> str | None:
    """Return why a message of ours looks automatic; None when a person seems to have written it."""
    customer, wrote_at = _to_whom(
        conn,
        ours.channel,
        reply_to=ours.reply_to,
        private_thread=ours.conversation_id if ours.kind.is_private else None,
        at=ours.created_at,
    )
    sent = Sent(customer=customer, text=ours.text, at=ours.created_at, customer_wrote_at=wrote_at)
    return looks_automatic(
        sent=sent,
        earlier=_copies(conn, ours, sent),
        app_id=app_id,
        automations=account.automations,
        auto_within=account.auto_within,
    )


def judge_waiting(conn: Connection, said: Message, account: ChannelAccount) -> None:
    """Look once more at messages of ours that answer this one and came before it."""
    for ours in messages.answers_waiting_for(conn, said):
        if ours.automatic is None and (why := judge(conn, ours.message, account)) is not None:
            changes.set_automatic(conn, ours.id, why)


def _to_whom(
    conn: Connection, channel: str, *, reply_to: str | None, private_thread: str | None, at: datetime
) -> tuple[str, datetime | None]:
    """Return which customer a message of ours went to, and when they had written: what it replies to, else their last."""
    found = None if reply_to is None else echoes.replied_to(conn, channel, reply_to)
    if found is not None:
        customer, wrote_at = found
        return (private_thread or customer), wrote_at if wrote_at <= at + ROUNDED else None  # nobody answers what is to come
    if private_thread is None:
        return "", None
    return private_thread, echoes.last_wrote(conn, channel, private_thread, at)


def _copies(conn: Connection, ours: Message, sent: Sent) -> list[Sent]:
    """Return where else the same text went within a day; nobody asks unless it came promptly and says something."""
    text = bare(sent.text)
    if not text or sent.customer_wrote_at is None or sent.at - sent.customer_wrote_at > PROMPT:
        return []
    found = []
    for copy in echoes.ours_between(conn, ours.channel, sent.at - SAME_WITHIN, sent.at):
        if copy.external_id == ours.external_id or bare(copy.text) != text:
            continue
        thread = copy.conversation_id if copy.kind.is_private else None
        customer, wrote_at = _to_whom(conn, ours.channel, reply_to=copy.reply_to, private_thread=thread, at=copy.at)
        found.append(Sent(customer=customer, text=copy.text, at=copy.at, customer_wrote_at=wrote_at))
    return found
