"""The words of the panel that says who was told of a case, and how that went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowsWords:
    """`deliveries` are by the state of a message; those that take one have a `{moment}`."""

    told: str
    told_by: str
    all_clear: str
    deliveries: Mapping[str, str]
    waits_until: str
    seen: str
    tried: str
    arrived: str
    failed: str


NL = KnowsWords(
    told="{name}: {state}",
    told_by="{name}, {method}: {state}",
    all_clear="{name} hoort dat het voorbij is: {state}",
    deliveries={
        "queued": "onderweg",
        "sent": "bezorgd",
        "failed": "mislukt",
        "held": "vastgehouden",
        "over": "niet meer nodig",
    },
    waits_until="vertrekt {moment}",
    seen="{state}, gezien {moment}",
    tried="{moment}, na {seconds} s: {result}",
    arrived="aangekomen",
    failed="niet aangekomen ({reason})",
)
EN = KnowsWords(
    told="{name}: {state}",
    told_by="{name}, {method}: {state}",
    all_clear="{name} hears that it is over: {state}",
    deliveries={
        "queued": "on its way",
        "sent": "delivered",
        "failed": "failed",
        "held": "held back",
        "over": "not needed any more",
    },
    waits_until="leaves {moment}",
    seen="{state}, seen {moment}",
    tried="{moment}, after {seconds} s: {result}",
    arrived="arrived",
    failed="did not arrive ({reason})",
)
