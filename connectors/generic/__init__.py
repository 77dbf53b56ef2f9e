"""Any service that speaks webcare's own JSON: live chat, review sites, a form on a page. The example of how little a connector needs."""

from __future__ import annotations

from datetime import timedelta

from connectors.generic.client import Client, Config, explain, limits_of, ways
from connectors.generic.reading import KIND, read, split, verify
from webcare.domain.message import Kind
from webcare.ports.connector import Capability, Consent, Limits, Spec

connector = Spec(
    kind=KIND,
    called="Chat",
    usual=Kind.DM,
    config=Config,
    account="account",
    secrets=("api_token", "webhook_secret"),
    capabilities=frozenset(
        {
            *(Capability.POLL, Capability.SEND, Capability.FIND, Capability.PREFLIGHT, Capability.WEBHOOK),
            Capability.PRIVATE_REPLY,
        }
    ),
    pace=timedelta(seconds=30),
    limits=Limits(length=4000),
    limits_of=limits_of,
    simulator="connectors.generic.simulator:app",
    split=split,
    read=read,
    explain=explain,
    client=Client,
    verify=verify,
    ways=ways,
    consent=Consent(
        address="",
        steps=(
            "Let the service make a token with which webcare may read messages and send replies: api_token.",
            "Enter the address of our hook there, with the webhook_secret that it signs its deliveries with.",
        ),
        made_here=frozenset({"webhook_secret"}),
    ),
)
