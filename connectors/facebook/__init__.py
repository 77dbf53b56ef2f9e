"""Facebook pages and Messenger: comments, visitors' posts, mentions, reviews, and private messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connectors.facebook.client import client
from connectors.facebook.config import Config
from connectors.facebook.deeds import DEEDS
from connectors.facebook.errors import explain
from connectors.facebook.reading import KIND, read, split
from connectors.facebook.ways import BY_A_PERSON, STANDARD, ways
from connectors.meta import handshake, verify
from webcare.ports.connector import Capability, Consent, Limits, Spec

# A comment may be four times as long as a private message (https://developers.facebook.com/docs/messenger-platform/reference/send-api).
LIMITS = Limits(length=8000, private_length=2000, reply_window=STANDARD, in_parts=True)


def limits_of(config: Config) -> Limits:
    """Give people a week where Meta lets the app send their late answers."""
    return replace(LIMITS, reply_window=BY_A_PERSON) if config.human_agent else LIMITS


connector = Spec(
    kind=KIND,
    config=Config,
    account="page_id",
    secrets=("access_token", "app_secret", "verify_token"),
    capabilities=frozenset(Capability) - {Capability.TEMPLATE},
    pace=timedelta(minutes=2),
    limits=LIMITS,
    limits_of=limits_of,
    simulator="connectors.facebook.simulator:app",
    split=split,
    read=read,
    explain=explain,
    client=client,
    handshake=handshake,
    verify=verify,
    ways=ways,
    deeds=DEEDS,
    # https://developers.facebook.com/docs/business-management-apis/system-users/install-apps-and-generate-tokens
    consent=Consent(
        address="https://business.facebook.com/settings/system-users",
        steps=(
            "Make a system user, and assign the app and the page to it, the page with the tasks MODERATE and MESSAGING.",
            "Give it the permissions pages_show_list, pages_read_engagement, pages_read_user_content and pages_messaging,",
            "and pages_manage_engagement and pages_manage_metadata; generate its token.",
            "The page's own token (access_token) is what GET /{page}?fields=access_token answers to that one.",
            "The app secret stands in the app's dashboard under App settings, Basic.",
        ),
        made_here=frozenset({"verify_token"}),
    ),
)
