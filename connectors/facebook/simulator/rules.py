"""What the page may write, and until when: the windows of the platform, from its own side.

https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
https://developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.facebook.simulator.world import BY_A_PERSON, PAGE, PRIVATE_REPLY, STANDARD, RefusedError, us

if TYPE_CHECKING:
    from connectors.facebook.simulator.world import Words, World

LONGEST = 2000  # https://developers.facebook.com/docs/messenger-platform/reference/send-api
TAGS_SWITCHED_OFF = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")


def send_message(world: World, asked: dict[str, Any]) -> Words:
    """Let the page write to a person, or refuse as Messenger does."""
    said, recipient = asked["message"], asked["recipient"]
    if ("text" in said) == ("attachment" in said):
        raise RefusedError(100, message="(#100) A message is a text or an attachment")
    text = said.get("text", "")
    if len(text) > LONGEST:
        raise RefusedError(100, message="(#100) Length of param message[text] must be less than or equal to 2000")
    about = recipient.get("comment_id") or recipient.get("post_id")
    person = recipient.get("id") if about is None else _private_reply(world, str(about), is_post="post_id" in recipient)
    if about is None:
        _in_time(world, str(person), asked)
    message = world.add_message(str(person), us(), text, said.get("metadata"))
    if "attachment" in said:
        number = said["attachment"].get("payload", {}).get("attachment_id")
        if number not in world.uploads:
            raise RefusedError(100, 2018074, message="(#100) Invalid attachment_id")
        message.files.append(world.uploads[number])
    if about is not None:
        world.private_replies[str(about)] = str(person)
    return message


def _in_time(world: World, person: str, asked: dict[str, Any]) -> None:
    thread = [one for one in world.messages.values() if one.root == person]
    if not thread:
        raise RefusedError(100, 2018001, message="(#100) No matching user found")
    last = max((one.at for one in thread if one.author != us()), default=None)
    match asked.get("messaging_type"), asked.get("tag"):
        case ("RESPONSE" | "UPDATE", None):
            until = STANDARD
        case ("MESSAGE_TAG", "HUMAN_AGENT"):
            until = BY_A_PERSON
            if not world.human_agent:
                raise RefusedError(10, status=403, message="(#10) Application does not have permission for this action")
        case ("MESSAGE_TAG", tag) if tag in TAGS_SWITCHED_OFF:
            raise RefusedError(100, message="(#100) This tag is no longer supported")
        case _:
            raise RefusedError(100, message="(#100) messaging_type")
    if last is None or world.now - last >= until:
        raise RefusedError(10, 2018278, message="(#10) This message is sent outside of allowed window.")


def _private_reply(world: World, about: str, *, is_post: bool) -> str:
    """Return whom a private reply goes to."""
    words = world.find(about)
    if is_post != (words.id == words.root):
        raise RefusedError(100, message="(#100) recipient names a comment as a post, or a post as a comment")
    if about in world.private_replies:
        raise RefusedError(10900, message="(#10900) Activity already replied to")
    if not takes_private_reply(world, words):
        raise RefusedError(10903, message="(#10903) This user can't reply to this activity")
    return words.author["id"] if words.author else f"6699{words.id.rpartition('_')[2]}"


def takes_private_reply(world: World, words: Words) -> bool:
    """Whether it stands on our page, is somebody else's, is younger than a week, and was not answered in private before."""
    is_ours = words.author is not None and words.author["id"] == PAGE
    on_our_page = words.root in world.posts
    return on_our_page and not is_ours and words.id not in world.private_replies and world.now - words.at < PRIVATE_REPLY
