"""X, formerly Twitter: mentions, replies, quotes and direct messages. README.md says what it can and cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.twitter.config import Config
from connectors.twitter.hosts import SIGNED
from connectors.twitter.length import LONGEST, LONGEST_MESSAGE, measure
from connectors.twitter.posts import KIND
from connectors.twitter.reading import explain, read, split
from connectors.twitter.ways import ways
from connectors.twitter.webhook import handshake, verify
from webcare.domain.pace import Paces
from webcare.ports.connector import Capability, Consent, Deed, Limits, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.twitter.client import Client
    from webcare.ports.connector import Session


def connect(config: Config, session: Session, secrets: Mapping[str, str]) -> Client:
    """Return the client of a channel; only who talks pays for loading tweepy."""
    from connectors.twitter.client import Client  # noqa: PLC0415

    return Client(config, session, secrets)


# not in parts: X shows the answers under a post in an order of its own
LIMITS = Limits(length=LONGEST, measure=measure, private_length=LONGEST_MESSAGE, private_measure=len)


def limits_of(config: Config) -> Limits:
    """Return what a reply of an account may be: Premium writes longer posts."""
    return replace(LIMITS, length=config.longest)


connector = Spec(
    kind=KIND,
    called="X",
    config=Config,
    account="user_id",
    secrets=("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
    capabilities=frozenset(
        {
            *(Capability.POLL, Capability.SEND, Capability.FIND, Capability.PREFLIGHT, Capability.WEBHOOK),
            *(Capability.ACT, Capability.FETCH, Capability.LOOK_UP, Capability.UPLOAD, Capability.PRIVATE_REPLY),
        }
    ),
    pace=timedelta(minutes=1),
    paces=Paces(quickest=timedelta(seconds=30), slowest=timedelta(minutes=2)),  # nobody waits longer to be heard than two minutes
    limits=LIMITS,
    limits_of=limits_of,
    own_hosts=SIGNED,
    ways=ways,
    deeds=frozenset({Deed.HIDE, Deed.UNHIDE, Deed.LIKE, Deed.UNLIKE}),
    simulator="connectors.twitter.simulator:app",
    split=split,
    read=read,
    explain=explain,
    client=connect,
    handshake=handshake,
    verify=verify,
    # https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/api-key-and-secret ; these keys do not expire
    consent=Consent(
        address="https://developer.x.com",
        steps=(
            "Sign in as the account that answers customers, and open its project and app.",
            "Give the app Read and write permission, with direct messages if these are answered too; keys made before may only read.",
            "Make the API key and secret (consumer_key, consumer_secret) and the access token and secret. X shows each once.",
        ),
    ),
)
