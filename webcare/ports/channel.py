"""One account of ours on a platform, as the operator configured it and its connector read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.connector import Limits, Spec

AUTO_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A text that the platform approved under this name, with gaps {{1}}, {{2}} that its writer fills."""

    name: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """`id` is `kind:account`, the key of everything that is stored of it; `name` is the operator's word for it.

    `app` names the secrets: accounts of one kind that share them are one app on the platform, and have one webhook address. `pace` is the
    time between two polls; `monthly_reads` the most resources to pay for in a calendar month (UTC), 0 for no limit; `prices` what each
    kind costs, in dollars; `language` what customers write in there who do not show it; `receipt` a text a language that is sent once a
    private conversation; `templates` the approved texts that may be sent when no other may.
    """

    id: str
    name: str
    brand: str
    app: str
    account: str
    spec: Spec
    config: Any
    pace: timedelta
    language: str | None = None
    monthly_reads: int = 0
    prices: Mapping[str, float] = field(default_factory=dict)
    automations: frozenset[str] = frozenset()
    auto_within: timedelta = AUTO_WITHIN
    receipt: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[Approved, ...] = ()

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def limits(self) -> Limits:
        """What a reply of this account may be."""
        return self.spec.limits if self.spec.limits_of is None else self.spec.limits_of(self.config)
