"""The config of a daemon under test, as an operator would write it: three channels, three people, and targets that come due at once."""

from __future__ import annotations

import json

from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, VERIFY_TOKEN
from connectors.instagram.simulator.world import ACCOUNT
from connectors.instagram.simulator.world import APP_SECRET as INSTAGRAM_SECRET
from connectors.instagram.simulator.world import PAGE as PAGE_OF_INSTAGRAM
from connectors.instagram.simulator.world import PAGE_TOKEN as INSTAGRAM_TOKEN
from connectors.instagram.simulator.world import VERIFY_TOKEN as INSTAGRAM_VERIFY
from connectors.twitter.simulator.world import KEYS, US

NUMBER = "106500000000001"  # of ours on WhatsApp
WHATSAPP_SECRETS = {"access_token": "sim-token", "app_secret": "whatsapp-app-secret", "verify_token": "whatsapp-verify-token"}
FACEBOOK_SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
INSTAGRAM_SECRETS = {"access_token": INSTAGRAM_TOKEN, "app_secret": INSTAGRAM_SECRET, "verify_token": INSTAGRAM_VERIFY}
RUNGS = ("inbox", "alert", "page", "breach")
GATHERED = {"bundle": "PT1S", "throttle": 60, "throttle_within": "PT1M"}  # a minute, in the time that a test has
ONCALL, NEXT, LEAD, LAST_RESORT = "noor", "daan", "sanne", "last-resort"


def policy(target="PT24H", shares=(0.5, 0.75, 0.9, 1.0)):
    """Return a policy whose ladder has these shares of the target."""
    ladder = [{"share": share, "step": step} for share, step in zip(shares, RUNGS, strict=True)]
    return {"name": "default", "first_response": target, "next_response": target, "ladder": ladder}


def settings(folder, url, ports, platforms=None, **changes):
    """Return a whole config; `platforms` are the addresses of the simulators, `changes` replace tables."""
    site, hooks, metrics = (f"127.0.0.1:{port}" for port in ports)
    people = [(ONCALL, "agent"), (NEXT, "agent"), (LEAD, "lead")]
    doc = {
        "database": {"url": url},
        "state_folder": str(folder),
        "web": {"public_url": "https://webcare.example", "listen": site, "hooks_listen": hooks, "metrics_listen": metrics},
        "house": {"brand": "meerkoet"},
        "person": [
            {"id": id_, "name": id_.title(), "role": role, "contacts": [{"name": "file", "target": f"lines:{id_}.jsonl"}]}
            for id_, role in people
        ],
        "rota": {
            level: {"rotation": [id_], "anchor": "2026-01-05"}
            for level, (id_, _) in zip(("oncall", "next", "lead"), people, strict=True)
        },
        "policy": [policy()],
        "alerts": {"last_resort": f"lines:{LAST_RESORT}.jsonl", "lines_in": str(folder), "trouble_after": "PT1S", **GATHERED},
        "log": {"format": "json"},
        "sentiment": {"model": "rules"},  # tests of the model name it
    }
    return {**doc, **(channels(platforms) if platforms is not None else {}), **changes}


def channels(platforms):
    return {
        "channel": [
            {"name": "x", "kind": "twitter", "user_id": US, "base_url": platforms["twitter"], "poll": "PT2S"},
            {"name": "fb", "kind": "facebook", "page_id": PAGE, "base_url": platforms["facebook"], "poll": "PT3S"},
            {"name": "wa", "kind": "whatsapp", "phone_number_id": NUMBER, "base_url": platforms["whatsapp"]},
        ],
        "secrets": {"x": KEYS, "fb": FACEBOOK_SECRETS, "wa": WHATSAPP_SECRETS},
    }


def instagram(platforms):
    """Return a house that is on Instagram only."""
    named = {"account_id": ACCOUNT, "page_id": PAGE_OF_INSTAGRAM, "base_url": platforms["instagram"], "poll": "PT3S"}
    return {"channel": [{"name": "ig", "kind": "instagram", **named}], "secrets": {"ig": INSTAGRAM_SECRETS}}


def write(file, doc):
    """Write a config as TOML, readable by its owner: it holds secrets."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} = {_inline(value)}\n" for name, value in doc.items()), encoding="utf-8")


def _inline(value):
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)} = {_inline(part)}" for name, part in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            return json.dumps(value)  # texts, numbers, true and false look the same in TOML
