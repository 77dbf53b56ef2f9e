"""Read what the Graph API answers when it is asked: our media and their comments, what we are tagged or named in, conversations.

An answer does not say what its nodes are. The place where they hang does, or their paging addresses, or the fields that each sort has.
What a webhook tells of a message and what is polled of it must look alike, or each would seem an edit of the other.
https://developers.facebook.com/docs/instagram-platform/reference/instagram-comment
https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectors.instagram.fields import KIND, author_of, direction_of, ignored
from connectors.meta import Here, as_object, edge, first_instant, need_id, opt_id, opt_object, opt_text
from webcare.domain.message import Attachment, Author, Kind
from webcare.ports.connector import Element, Heard, Sort

EDGES = frozenset({"media", "tags", "comments", "replies", "conversations", "messages"})
SINGLE = ("mentioned_comment", "mentioned_media")  # one node, not a list of them
OF_MEDIA = frozenset({"media_type", "caption", "media_product_type", "comments_count", "media_url", "shortcode"})
OF_COMMENT = frozenset({"text", "parent_id", "hidden", "legacy_instagram_comment_id"})
OF_MESSAGE = frozenset({"message", "created_time", "to"})
SAID = OF_MEDIA | OF_COMMENT | OF_MESSAGE | {"timestamp", "from", "username", "attachments", "story", "shares"}
OF_OTHERS = frozenset({"author_id", "edit_history_tweet_ids", "edit_history_post_ids", "updated_time", "parent", "permalink_url"})
MESSENGER = ("m_", "t_", "mid.")  # how ids begin there


def split_nodes(body: dict[str, Any]) -> list[Element]:
    """Return every node of an answer, also those nested in others, each with what its surroundings say of it."""
    found: list[Element] = []
    pending = [Element(where="$", value=body, around={"as": "node"})]
    if isinstance(body.get("data"), list):
        owner, name = edge_of(body)
        pending = _listed(body["data"], "data", {"as": "node", "edge": name, "above": owner, "top": owner})[::-1]
    while pending:  # a list of our own: a hostile answer may be nested deeper than Python's stack
        element = pending.pop()
        below = _below(element)
        if not below or SAID & element.value.keys():
            found.append(element)
        pending += reversed(below)
    return found


def _listed(nodes: list[Any], where: str, around: dict[str, Any]) -> list[Element]:
    return [Element(where=f"{where}[{i}]", value=node, around=around) for i, node in enumerate(nodes)]


def _below(element: Element) -> list[Element]:
    """Return what hangs under a node."""
    node = element.value
    if not isinstance(node, dict):
        return []
    found: list[Element] = []
    for name in sorted(EDGES & node.keys()):
        answer = node[name]
        if not isinstance(answer, dict) or "data" not in answer:  # a count, the media of a comment, or nothing
            continue
        where = f"{element.where}.{name}.data"
        if not isinstance(answer["data"], list):
            found.append(Element(where=where, value=answer["data"], around={"as": "list"}))
            continue
        around: dict[str, Any] = {"as": "node", "edge": name, "above": node.get("id")}
        around["top"] = (element.around.get("top") if name == "replies" else None) or node.get("id")
        if name == "replies":
            around["media"] = node.get("media")
        if name == "messages":
            around["participants"] = node.get("participants")
        found += _listed(answer["data"], where, around)
    if "edge" not in element.around:
        singles = (name for name in SINGLE if name in node)
        found += [Element(where=f"{element.where}.{n}", value=node[n], around={"as": "node", "edge": n}) for n in singles]
    return found


def edge_of(answer: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return whose edge an answer is, and which, as its own paging addresses name it."""
    paging = answer.get("paging")
    for key in ("next", "previous"):
        url = paging.get(key) if isinstance(paging, dict) else None
        if isinstance(url, str):
            try:
                *_, owner, name = ["", "", *urlsplit(url).path.split("/")]
            except ValueError:
                continue
            if name in EDGES:
                return owner or None, name
    return None, None


def read_node(element: Element, here: Here) -> list[Heard]:
    node = as_object(element.value, "element")
    around = dict(element.around)
    match _sort(node, around.get("edge")):
        case "other":
            return [ignored("other platform")]
        case "message":
            return [_message(node, around.get("participants"), here)]
        case "conversation":
            return [ignored("a conversation, answered without its messages", "conversation", opt_id(node, "id"))]
        case "comment":
            return [_comment(node, around, here)]
        case "media":
            return [_media(node, around, here)]
    return [ignored("says nothing: no text, author or time", "node", opt_id(node, "id"))]


def _sort(node: dict[str, Any], name: str | None) -> str | None:
    node_id = opt_id(node, "id") or ""
    if node_id.startswith(MESSENGER) or _is_elsewhere(node, name):
        return "other"
    if not SAID & node.keys():
        return "conversation" if name == "conversations" or "participants" in node else None
    if name is not None:
        return {"conversations": "conversation", "messages": "message", "media": "media", "tags": "media"}.get(
            name, "media" if name == "mentioned_media" else "comment"
        )
    if OF_MEDIA & node.keys():
        return "media"
    if OF_COMMENT & node.keys():
        return "comment"
    if OF_MESSAGE & node.keys():  # Facebook's posts and comments are written so too, and name nobody by a handle
        is_here = "username" in opt_object(node, "from") or "story" in node or "to" in node
        return "message" if is_here else "other"
    return "media" if "owner" in node or "permalink" in node else "comment"


def _is_elsewhere(node: dict[str, Any], name: str | None) -> bool:
    """Tell the nodes of Facebook, WhatsApp and X: these say `message`, `from: "316…"` and `author_id` where ours do not."""
    if name in ("comments", "replies", "media", "tags"):
        return bool({"message", "created_time"} & node.keys()) and not {"text", "caption", "timestamp"} & node.keys()
    is_named = name is None and "participants" not in node
    return is_named and (bool(OF_OTHERS & node.keys()) or (isinstance(node.get("from"), str) and "username" not in node))


def _comment(node: dict[str, Any], around: dict[str, Any], here: Here) -> Heard:
    comment_id = need_id(node, "id")
    is_mention = around.get("edge") == "mentioned_comment"
    held = node.get("media") or around.get("media")
    media = opt_id(held, "id") if isinstance(held, dict) else None
    above, top = opt_id(around, "above"), opt_id(around, "top")
    parent = opt_id(node, "parent_id") or (above if around.get("edge") == "replies" else None)
    root = media or (None if top is not None and top == parent else top) or parent or comment_id
    author, is_ours = author_of(node, comment_id, here)
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.me,
        external_id=comment_id,
        conversation_id=root,
        reply_to=parent or (None if root == comment_id else root),
        direction=direction_of(is_ours=is_ours),
        kind=Kind.MENTION if is_mention else Kind.COMMENT,
        author=author,
        text=opt_text(node, "text") or "",
        created_at=first_instant(("timestamp", node.get("timestamp"))),
        raw_type="mentions.comment" if is_mention else "comment.hidden" if node.get("hidden") is True else "comment",
    )


def _media(node: dict[str, Any], around: dict[str, Any], here: Here) -> Heard:
    """Read a picture or film and the words under it: ours, one that we are tagged in, or one whose words name us."""
    media_id, name = need_id(node, "id"), around.get("edge")
    owner = opt_id(around, "above") if name == "media" else None  # the edge is the account's own
    author, is_ours = author_of({"owner": {"id": owner}, **node} if owner else node, media_id, here)
    is_ours = is_ours or name == "media"
    told_as = {"tags": "tags", "mentioned_media": "mentions.media"}.get(name or "", "media")
    shown = opt_text(node, "media_url") or opt_text(node, "thumbnail_url")
    kind = {"IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "album"}.get(opt_text(node, "media_type") or "")
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.me,
        external_id=media_id,
        conversation_id=media_id,
        direction=direction_of(is_ours=is_ours),
        kind=Kind.POST if told_as == "media" else Kind.MENTION,
        author=author,
        text=opt_text(node, "caption") or "",
        created_at=first_instant(("timestamp", node.get("timestamp"))),
        attachments=(Attachment(type=kind, url=shown),) if kind else (),
        permalink=opt_text(node, "permalink"),
        raw_type=told_as,
    )


def _message(node: dict[str, Any], participants: Any, here: Here) -> Heard:
    """Read a message of a conversation: the person is whoever in it is not us."""
    mid = need_id(node, "id")
    sender = author_of({"from": node.get("from")}, mid, here)[0]
    is_ours = here.is_ours(sender.id)
    people = [] if participants is None else edge({"participants": participants}, "participants")
    there = [opt_id(one, "id") for one in [*edge(node, "to"), *people]]
    others = [found for found in there if found and not here.is_ours(found)]
    in_thread = [found for one in people if (found := opt_id(one, "id"))]  # the person stands first, the account last
    person = (others[0] if others else None) if is_ours else (in_thread[0] if here.me is None and in_thread else sender.id)
    if person is None:
        raise ValueError("to: names nobody but ourselves")
    story = opt_object(node, "story")
    is_answer = bool(opt_object(story, "reply_to"))
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.me,
        external_id=mid,
        conversation_id=person,
        direction=direction_of(is_ours=is_ours),
        kind=Kind.DM,
        author=Author(id=sender.id, name=sender.name, handle=sender.handle),
        text=opt_text(node, "message") or "",
        created_at=first_instant(("created_time", node.get("created_time"))),
        attachments=_attachments(node, story),
        raw_type="message.story_reply" if is_answer else "message",
    )


def _attachments(node: dict[str, Any], story: dict[str, Any]) -> tuple[Attachment, ...]:
    if node.get("is_unsupported") is True:
        return (Attachment(type="unsupported"),)
    found = []
    for key, kind in (("reply_to", "story"), ("mention", "story_mention")):
        about = opt_object(story, key)
        if about:
            found.append(Attachment(type=kind, url=opt_text(about, "link")))
    for one in edge(node, "attachments"):
        picture, film = opt_object(one, "image_data"), opt_object(one, "video_data")
        url = opt_text(picture, "url") or opt_text(film, "url") or opt_text(one, "file_url")
        found.append(Attachment(type="image" if picture else "video" if film else _family(one), url=url))
    found += [Attachment(type="share", url=opt_text(one, "link")) for one in edge(node, "shares")]
    return tuple(found)


def _family(attachment: dict[str, Any]) -> str:
    """Return the webhook's type of a file; without one it is what is not shown."""
    if "generic_template" in attachment:
        return "template"
    family = (opt_text(attachment, "mime_type") or "").partition("/")[0]
    return family if family in ("image", "video", "audio") else "file" if family else "unavailable"
