"""The config of the demo's house, as an operator would write it, for addresses that are known only now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from connectors.facebook.simulator.world import PAGE
from connectors.instagram.simulator.world import ACCOUNT
from connectors.instagram.simulator.world import PAGE as PAGE_OF_INSTAGRAM
from connectors.twitter.simulator.world import US
from webcare.demo.loopback import HERE
from webcare.demo.platforms import NUMBER, SECRETS
from webcare.settings import settings_of

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from webcare.demo.platforms import Platforms
    from webcare.demo.post_box import PostBox
    from webcare.demo.town import Town
    from webcare.settings import Settings

VISITOR: Final = "gast"  # who is looking; everybody else is simulated
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RUNGS: Final = ((0.25, "inbox"), (0.5, "alert"), (0.75, "page"), (1.0, "breach"))  # early: a visitor is to see them
DESK: Final = "desk"
MAIL_DOMAIN: Final = "meerkoet.example"
RARER: Final = 40  # times so rarely is Instagram polled: it has a webhook for all but the pictures of others


def furnish(
    town: Town, folder: Path, platforms: Platforms, box: PostBox, *, port: int, first: date, poll_seconds: float, model: str
) -> Settings:
    """Return the settings; the mailing of alerts and letters ends in the post box."""
    return settings_of(
        {
            "database": {"url": f"sqlite:///{folder / 'demo.db'}"},
            "state_folder": str(folder),
            "web": {
                "public_url": f"http://{HERE}:{port}",
                "listen": f"{HERE}:{port}",
                "hooks_listen": f"{HERE}:0",
                "metrics_listen": f"{HERE}:0",
            },
            "house": {"brand": town.brand, "zone": "Europe/Amsterdam", "language": "nl"},
            "channel": _channels(town, platforms, poll_seconds),
            "secrets": SECRETS,
            "person": _people(town, box),
            "rota": _rota(town, first),
            "policy": _policies(),
            "calendars": {DESK: {"timezone": "Europe/Amsterdam", "hours": {day: [["08:00", "22:00"]] for day in DAYS}}},
            "smtp": {"host": HERE, "port": box.mail_port, "sender": f"webcare <webcare@{MAIL_DOMAIN}>", "security": "plain"},
            "alerts": {"schemes": ["json"]},
            "log": {"format": "text", "level": "error"},
            "sentiment": {"model": model},
        }
    )


def _channels(town: Town, platforms: Platforms, poll_seconds: float) -> list[dict[str, Any]]:
    """X is polled, which for everybody but this demo would cost money; Meta calls us, and a poll now and then finds what was missed.

    A search finds who speaks of the brand on X without naming it: to those no public reply may go.
    """
    whom = {"user_id": US, "handle": town.handle, "searches": [town.brand], "direct_messages": True}
    return [
        {"name": "x", "kind": "twitter", "base_url": platforms.at["twitter"], **whom, "poll": f"PT{poll_seconds:.3f}S"},
        {"name": "facebook", "kind": "facebook", "page_id": PAGE, "base_url": platforms.at["facebook"], "poll": "PT20S"},
        {
            "name": "instagram",
            "kind": "instagram",
            "account_id": ACCOUNT,
            "page_id": PAGE_OF_INSTAGRAM,
            "base_url": platforms.at["instagram"],
            "poll": f"PT{RARER * poll_seconds:.3f}S",
        },
        {
            "name": "whatsapp",
            "kind": "whatsapp",
            "phone_number_id": NUMBER,
            "base_url": platforms.at["whatsapp"],
            "template": list(town.templates),
        },
    ]


def _people(town: Town, box: PostBox) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "name": one.name,
            "role": one.role,
            "language": one.language,
            "contacts": [
                {"name": "telefoon", "target": f"{box.phones}/phone/{one.id}", "detail": "line", "trusted": True},
                {"name": "mail", "target": f"mailto:{one.id}@{MAIL_DOMAIN}", "detail": "line", "trusted": True},
            ],
        }
        for one in town.staff
    ]


def _rota(town: Town, first: date) -> dict[str, Any]:
    """Agents take turns, by the day; whoever leads hears of what was missed."""
    agents = [one.id for one in town.staff if one.role == "agent"]
    leads = [one.id for one in town.staff if one.role == "lead"]
    daily = {"rhythm": "daily", "anchor": first}
    return {
        "oncall": {"rotation": agents, **daily},
        "next": {"rotation": [*agents[1:], *agents[:1]], **daily},
        "lead": {"rotation": leads, **daily},
    }


def _policies() -> list[dict[str, Any]]:
    """Return short targets: a ladder is to be seen climbing."""
    ladder = [{"share": share, "step": step} for share, step in RUNGS]
    return [
        {"name": name, **condition, "first_response": target, "next_response": target, "ladder": ladder, **hours}
        for name, condition, target, hours in (
            ("urgent", {"when": {"urgency": "high"}}, "PT1H", {}),
            ("private", {"when": {"kind": "private"}}, "PT4H", {"calendar": DESK}),
            ("default", {}, "PT8H", {"calendar": DESK}),
        )
    ]
