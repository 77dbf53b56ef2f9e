"""Read what the Graph API answers when it is asked: posts, comments, reviews, conversations and their messages.

An answer does not say what its nodes are. Its paging addresses name the edge, and failing these each sort has fields of its own.
What a webhook tells of a message and what is polled of it must look alike, or each would seem an edit of the other: so a polled
attachment has the type that the webhook gives it, and neither id nor media type where the webhook has none.
https://developers.facebook.com/docs/graph-api/reference/page/feed
https://developers.facebook.com/docs/graph-api/reference/object/comments
https://developers.facebook.com/docs/graph-api/reference/page/conversations
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectors.facebook.feed import judgement
from connectors.facebook.fields import author_of
from connectors.meta import Here, as_object, edge, first_instant, last_part, opt_id, opt_object, opt_text
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Element, Heard, Sort

KIND = "facebook"
EDGES = {
    "feed": "post",
    "posts": "post",
    "published_posts": "post",
    "visitor_posts": "post",
    "tagged": "post",
    "ratings": "review",
    "comments": "comment",
    "conversations": "conversation",
    "messages": "message",
}
SAID = frozenset(
    {"message", "story", "created_time", "from", "attachment", "attachments", "review_text", "recommendation_type", "has_review"}
)
OF_REVIEW = frozenset({"reviewer", "review_text", "recommendation_type", "open_graph_story", "has_review"})
OF_POST = frozenset(
    {"story", "status_type", "updated_time", "actions", "privacy", "type", "is_published", "tagged_time", "full_picture"}
)
OF_COMMENT = frozenset(
    {"parent", "comment_count", "can_hide", "can_comment", "can_remove", "can_reply_privately", "user_likes", "object"}
)
OF_OTHERS = frozenset({"text", "timestamp", "username", "media_type", "caption", "author_id", "edit_history_tweet_ids"})
LIKE_WEBHOOK = {"photo": "image", "video": "video", "share": "link", "sticker": "sticker"}


def split_nodes(body: dict[str, Any]) -> list[Element]:
    """Return every node of an answer, also those nested in others, each with what its surroundings say of it."""
    found: list[Element] = []
    start = Element(where="$", value=body, around={"as": "node"})
    pending = _listed(body, "", start) if isinstance(body.get("data"), list) else [start]
    while pending:  # a list of our own: a hostile answer may be nested deeper than Python's stack
        element = pending.pop()
        below = _everything_below(element) if isinstance(element.value, dict) else []
        if not below or SAID & element.value.keys():
            found.append(element)
        pending += reversed(below)
    return found


def _listed(answer: dict[str, Any], name: str, above: Element) -> list[Element]:
    """Return the nodes of one `{"data": [...], "paging": {...}}`, last first when it is the body itself."""
    around = {"as": "node", "edge": name or _edge_of(answer)}
    if name == "comments":
        around |= {"above": above.value.get("id"), "top": above.around.get("top") or above.value.get("id")}
    if name == "messages":
        around |= {"participants": above.value.get("participants")}
    where = f"{above.where}.{name}.data" if name else "data"
    nodes = [Element(where=f"{where}[{i}]", value=node, around=around) for i, node in enumerate(answer["data"])]
    return nodes if name else nodes[::-1]


def _everything_below(element: Element) -> list[Element]:
    """Return what is nested in a node; of a review its story bears the comments.

    https://developers.facebook.com/docs/graph-api/reference/recommendation
    """
    below = [found for key in EDGES for found in _below(element, key)]
    story = element.value.get("open_graph_story")
    if not isinstance(story, dict):
        return below
    return below + _below(Element(where=f"{element.where}.open_graph_story", value=story, around={"as": "node"}), "comments")


def _below(element: Element, name: str) -> list[Element]:
    answer = element.value.get(name)
    if not isinstance(answer, dict) or "data" not in answer:  # a count, or nothing
        return []
    if not isinstance(answer["data"], list):
        return [Element(where=f"{element.where}.{name}.data", value=answer["data"], around={"as": "list"})]
    return _listed(answer, name, element)


def _edge_of(answer: dict[str, Any]) -> str | None:
    """Return the edge that an answer's own paging addresses name."""
    paging = answer.get("paging")
    for key in ("next", "previous"):
        url = paging.get(key) if isinstance(paging, dict) else None
        if isinstance(url, str):
            try:
                name = urlsplit(url).path.rpartition("/")[2]
            except ValueError:
                continue
            if name in EDGES:
                return name
    return None


def read_node(element: Element, here: Here) -> list[Heard]:
    node = as_object(element.value, "element")
    if OF_OTHERS & node.keys() and not {"message", "created_time"} & node.keys():
        return [_ignored("other platform", None)]
    match _sort(node, element.around.get("edge"), here):
        case "message":
            return [_message(node, element.around.get("participants"), here)]
        case "conversation":
            return [_ignored("a conversation, answered without its messages", "conversation", opt_id(node, "id"))]
        case "review":
            return [_review(node, here)]
        case "comment":
            return [_comment(node, element.around, here)]
        case "post":
            return [_post(node, element.around.get("edge"), here)]
    return [_ignored("says nothing: no text, author or time", "node", opt_id(node, "id"))]


def _sort(node: dict[str, Any], name: str | None, here: Here) -> str | None:
    if not SAID & node.keys():
        return "conversation" if name == "conversations" or "participants" in node else None
    node_id = opt_id(node, "id") or ""
    sort = EDGES.get(name or "")
    if sort is not None:
        return sort
    if node_id.startswith(("m_", "mid.")):
        return "message"
    if OF_REVIEW & node.keys():
        return "review"
    below = next(iter(nodes_of(node.get("comments"))), {}).get("id")
    if isinstance(below, str) and "_" in below:  # comments bear the number of their post, replies that of the same post
        return "post" if first_part(below) == last_part(node_id) else "comment"
    if OF_POST & node.keys():
        return "post"
    if OF_COMMENT & node.keys():
        return "comment"
    if here.me and node_id.startswith(f"{here.me}_"):
        return "post"
    return "comment" if "from" in node and "_" in node_id else "post"  # a feed names no author unless asked to, comments do


def _ignored(reason: str, raw_type: str | None, external_id: str | None = None) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason, raw_type=raw_type, external_id=external_id)


def _need(node: dict[str, Any]) -> str:
    found = opt_id(node, "id")
    if found is None:
        raise ValueError("id: missing")
    return found


def _public(node: dict[str, Any], here: Here, external_id: str, **more: Any) -> Heard:
    author = author_of(node, external_id)
    is_ours = here.is_ours(author.id)
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.me,
        external_id=external_id,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author,
        permalink=opt_text(node, "permalink_url"),
        app_id=opt_id(opt_object(node, "application"), "id"),
        **more,
    )


def _post(node: dict[str, Any], name: str | None, here: Here) -> Heard:
    post_id = _need(node)
    if node.get("created_time") is None and node.get("scheduled_publish_time") is not None:
        return _ignored("not published yet", "post.scheduled", post_id)
    is_tagged = name == "tagged" or "tagged_time" in node
    at = first_instant(("created_time", node.get("created_time")), ("tagged_time", node.get("tagged_time")))
    return _public(
        node,
        here,
        post_id,
        conversation_id=post_id,
        kind=Kind.MENTION if is_tagged else Kind.POST,
        text=opt_text(node, "message") or "",  # a story is Facebook's sentence, nobody's words
        created_at=at,
        attachments=tuple(found for one in edge(node, "attachments") for found in _shown(one)),
        raw_type="post.tagged" if is_tagged else "post",
    )


def _comment(node: dict[str, Any], around: Any, here: Here) -> Heard:
    """Read a comment. Where the answer does not name the post, the comment's id does: `<post>_<comment>`, the post's without its page."""
    comment_id = _need(node)
    root, parent = _thread(node, comment_id, dict(around), here)
    attached = opt_object(node, "attachment")
    is_preview = opt_text(attached, "type") == "share"  # of a link that the text names
    return _public(
        node,
        here,
        comment_id,
        conversation_id=root,
        reply_to=parent or (None if root == comment_id else root),
        kind=Kind.COMMENT,
        text=opt_text(node, "message") or "",
        created_at=first_instant(("created_time", node.get("created_time"))),
        attachments=(_attached(attached, has_id=False),) if attached and not is_preview else (),
        raw_type="comment.hidden" if node.get("is_hidden") is True else "comment",
    )


def _thread(node: dict[str, Any], comment_id: str, around: dict[str, Any], here: Here) -> tuple[str, str | None]:
    """Return the post, and the comment that is answered, from what the node, its id and the nodes around it say."""
    parent, above, top = opt_id(opt_object(node, "parent"), "id"), opt_id(around, "above"), opt_id(around, "top")
    post = first_part(comment_id)
    if above and top:
        if post == last_part(above):
            return above, parent
        parent = parent or (above if above != top or post == first_part(above) else None)
        if post != first_part(top):  # the post itself, or one whose comments are numbered after its picture
            return top, parent
    owner = node.get("object")
    post = post or (opt_id(owner, "id") or "" if isinstance(owner, dict) else "")
    return (f"{here.me}_{post}" if post and here.me and "_" not in post else post or parent or comment_id), parent


def first_part(node_id: str) -> str:
    """Return what comes before the last part: of a comment its post, of a post its page."""
    return node_id.rpartition("_")[0]


def nodes_of(answer: Any) -> list[dict[str, Any]]:
    """Return the nodes of an answer as far as there are any."""
    data = answer.get("data") if isinstance(answer, dict) else None
    return [node for node in data if isinstance(node, dict)] if isinstance(data, list) else []


def _review(node: dict[str, Any], here: Here) -> Heard:
    """Read a review, one a person and page; its story is what is commented on.

    https://developers.facebook.com/docs/graph-api/reference/recommendation
    """
    reviewer = opt_id(opt_object(node, "reviewer"), "id")
    review_id = opt_id(opt_object(node, "open_graph_story"), "id") or opt_id(node, "id") or (reviewer and f"review:{reviewer}")
    if not review_id:
        raise ValueError("open_graph_story.id: missing")
    return _public(
        node,
        here,
        review_id,
        conversation_id=review_id,
        kind=Kind.REVIEW,
        text=opt_text(node, "review_text") or "",
        created_at=first_instant(("created_time", node.get("created_time"))),
        raw_type="review",
        reason=judgement(node),
    )


def _message(node: dict[str, Any], participants: Any, here: Here) -> Heard:
    """Read a message of a conversation: the person is whoever in it is not us."""
    mid = _need(node)
    sender = author_of(node, mid)
    is_ours = here.is_ours(sender.id)
    people = [] if participants is None else edge({"participants": participants}, "participants")
    there = [opt_id(one, "id") for one in [*edge(node, "to"), *people]]
    others = [found for found in there if found and not here.is_ours(found)]
    in_thread = [found for one in people if (found := opt_id(one, "id"))]  # the person stands first in a thread, the page last
    person = (others[0] if others else None) if is_ours else (in_thread[0] if here.me is None and in_thread else sender.id)
    if person is None:
        raise ValueError("to: names nobody but the page")
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.me,
        external_id=mid,
        conversation_id=person,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        kind=Kind.DM,
        author=Author(id=sender.id, name=sender.name),
        text=opt_text(node, "message") or "",
        created_at=first_instant(("created_time", node.get("created_time"))),
        attachments=_attachments_of_message(node),
        raw_type="message",
    )


def _attachments_of_message(node: dict[str, Any]) -> tuple[Attachment, ...]:
    sticker = opt_text(node, "sticker")
    if sticker:  # the webhook tells of it once, and so is it here, in whatever else it is listed
        return (Attachment(type="sticker", url=sticker),)
    found = []
    for one in edge(node, "attachments"):
        picture, film = opt_object(one, "image_data"), opt_object(one, "video_data")
        url = opt_text(picture, "url") or opt_text(film, "url") or opt_text(one, "file_url")
        found.append(Attachment(type="image" if picture else "video" if film else _type_of_file(one), url=url))
    found += [Attachment(type="fallback", url=opt_text(one, "link")) for one in edge(node, "shares")]
    return tuple(found)


def _type_of_file(attachment: dict[str, Any]) -> str:
    """Return the webhook's type. Without bytes it is a template, or what is not shown of European people: unsupported, as there.

    https://developers.facebook.com/docs/messenger-platform/europe-japan-updates
    """
    if "generic_template" in attachment:
        return "template"
    family = (opt_text(attachment, "mime_type") or "").partition("/")[0]
    return family if family in ("image", "video", "audio") else "file" if family else "unsupported"


def _shown(one: dict[str, Any]) -> list[Attachment]:
    """Return what a post shows: of an album its pictures, which the webhook lists without numbers."""
    pictures = edge(one, "subattachments")
    return [_attached(picture, has_id=False) for picture in pictures] if pictures else [_attached(one, has_id=True)]


def _attached(one: dict[str, Any], *, has_id: bool) -> Attachment:
    named = opt_text(one, "type") or "unknown"
    kind = next((ours for theirs, ours in LIKE_WEBHOOK.items() if named.startswith(theirs)), named)
    picture = opt_object(opt_object(one, "media"), "image")
    target = opt_id(opt_object(one, "target"), "id") if has_id and kind in ("image", "video") else None
    return Attachment(type=kind, id=target, url=opt_text(picture, "src") or opt_text(one, "url"))
