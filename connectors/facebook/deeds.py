"""Hide and like what somebody wrote on the page, and take either back.

Doing one twice is doing it once, so an unclear end is no reason to ask a person: it is done again.
https://developers.facebook.com/docs/graph-api/reference/comment#updating
https://developers.facebook.com/docs/graph-api/reference/object/likes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.facebook.errors import PERMISSION
from webcare.domain.message import Kind
from webcare.ports.connector import Deed
from webcare.ports.errors import AuthFailed, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from connectors.facebook.graph import Graph
    from webcare.ports.connector import Act

DEEDS = frozenset({Deed.HIDE, Deed.UNHIDE, Deed.LIKE, Deed.UNLIKE})
HIDING = frozenset({Deed.HIDE, Deed.UNHIDE})
PUBLIC = frozenset({Kind.POST, Kind.COMMENT, Kind.MENTION, Kind.REVIEW})


async def do(graph: Graph, act: Act) -> None:
    """Do it; raises `Rejected` where this platform has no such deed for a message of this kind."""
    if act.kind not in PUBLIC:
        raise Rejected("a private message can be neither hidden nor liked")
    if act.deed in HIDING and act.kind is not Kind.COMMENT and act.target_id == act.conversation_id:
        raise Rejected("Facebook hides comments, not posts and reviews")
    try:
        answer = await _ask(graph, act)
    except Unconfirmed as error:
        raise Unavailable(str(error)) from None
    except AuthFailed as error:
        if act.kind is Kind.MENTION and str(error).startswith(PERMISSION):  # of that place, not of the channel
            raise Rejected(f"Facebook does not let the page do that at somebody else's place ({error})") from None
        raise
    if answer.get("success") is not True and "id" not in answer:
        raise Unavailable("HTTP 200, and it does not say that it was done")


async def _ask(graph: Graph, act: Act) -> dict[str, object]:
    match act.deed:
        case Deed.HIDE | Deed.UNHIDE:
            return await graph.post(act.target_id, {"is_hidden": act.deed is Deed.HIDE})
        case Deed.LIKE:
            return await graph.post(f"{act.target_id}/likes", {})
        case Deed.UNLIKE:
            return await graph.delete(f"{act.target_id}/likes")
