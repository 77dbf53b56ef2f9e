"""Instagram: comments, live comments, mentions, tags, and direct messages with answers to stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connectors.instagram.client import client
from connectors.instagram.config import Config
from connectors.instagram.fields import KIND
from connectors.instagram.reading import read, split
from connectors.instagram.refusals import explain
from connectors.instagram.ways import LATE_WINDOW, WINDOW, ways
from connectors.meta import handshake, verify
from webcare.ports.connector import Capability, Consent, Deed, Limits, Spec


def size(text: str) -> int:
    """Count a direct message as Instagram does: in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


# answers under a comment stand oldest first, and so do messages: parts are read in their order
LIMITS = Limits(length=2200, reply_window=WINDOW, in_parts=True, private_length=1000, private_measure=size)


def limits_of(config: Config) -> Limits:
    """Give people a week where Meta lets the app send their late answers."""
    return replace(LIMITS, reply_window=LATE_WINDOW) if config.human_agent else LIMITS


connector = Spec(
    kind=KIND,
    config=Config,
    account="account_id",
    secrets=("access_token", "app_secret", "verify_token"),
    capabilities=frozenset(Capability) - {Capability.UPLOAD, Capability.TEMPLATE},
    pace=timedelta(minutes=2),
    limits=LIMITS,
    limits_of=limits_of,
    simulator="connectors.instagram.simulator:app",
    split=split,
    read=read,
    explain=explain,
    client=client,
    handshake=handshake,
    verify=verify,
    # https://developers.facebook.com/docs/instagram-platform/overview
    consent=Consent(
        address="https://developers.facebook.com/apps",
        steps=(
            "Make the Instagram account a professional one; for messages, let it allow access by connected tools.",
            'login = "facebook": connect it to a page and make that page\'s token with instagram_basic,',
            "instagram_manage_comments, instagram_manage_messages, pages_read_engagement and pages_manage_metadata.",
            'login = "instagram": make a token in the app under Instagram, API setup with Instagram login; it lives 60 days.',
            "Subscribe the webhook of the object Instagram to comments, live_comments, mentions and messages.",
            "The app secret stands under App settings, Basic; with login instagram it is the Instagram app secret.",
        ),
        made_here=frozenset({"verify_token"}),
    ),
    ways=ways,
    deeds=frozenset({Deed.HIDE, Deed.UNHIDE}),
)
