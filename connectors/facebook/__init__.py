"""Facebook pages and Messenger: comments, visitors' posts, mentions, reviews, and private messages."""

from __future__ import annotations

from datetime import timedelta

from connectors.facebook.client import Config, client
from connectors.facebook.errors import explain
from connectors.facebook.reading import KIND, read, split
from connectors.facebook.webhook import handshake, verify
from webcare.ports.connector import Capability, Limits, Spec

connector = Spec(
    kind=KIND,
    config=Config,
    account="page_id",
    secrets=("access_token", "app_secret", "verify_token"),
    capabilities=frozenset(Capability),
    pace=timedelta(minutes=2),
    limits=Limits(length=2000, reply_window=timedelta(hours=24)),  # of Messenger; comments may be longer
    simulator="connectors.facebook.simulator:app",
    split=split,
    read=read,
    explain=explain,
    client=client,
    handshake=handshake,
    verify=verify,
)
