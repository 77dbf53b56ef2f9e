"""Webhooks as Meta writes and signs them, handed to a daemon by the test itself: for what a well-behaved platform never sends."""

from __future__ import annotations

import json

from settings_file import WHATSAPP_SECRETS

from connectors.whatsapp.simulator.payloads import body_of, change, contact, sender, signature, written
from connectors.whatsapp.simulator.world import Customer, World
from webcare.clock import machine_now

ANNA = Customer(number="31612345678", user_id="NL.1", name="Anna")


def message(number, text, *, by=ANNA, ago=0, **more):
    """Return the body of a delivery with one message, written so many seconds ago; `more` is added to the message."""
    world, at = World(), int(machine_now().timestamp()) - ago
    said = {"id": f"wamid.{number}", "timestamp": str(at), "type": "text", "text": {"body": text}}
    parts = {"contacts": [contact(by)], "messages": [{**sender(by), **said, **more}]}
    return body_of(world, [change(world, "messages", **parts)])


def signed(raw, secret=WHATSAPP_SECRETS["app_secret"]):
    return {"Content-Type": "application/json", "X-Hub-Signature-256": signature(raw, secret)}


async def knock(daemon, hook, body, **headers):
    """Deliver a body, as it is or as JSON, well signed unless told otherwise, and return the status; 0 where nobody answers."""
    raw = body if isinstance(body, bytes) else written(body)
    try:
        async with daemon.session.post(f"{daemon.hooks}/hooks/{hook}", data=raw, headers={**signed(raw), **headers}) as answer:
            await answer.read()
            return answer.status
    except OSError:  # aiohttp's errors of a connection among them
        return 0


def as_json(body):
    return json.dumps(body).encode()
