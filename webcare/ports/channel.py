"""One account of ours on a platform, as the operator configured it and its connector read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.connector import Spec

AUTO_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """`id` is `kind:account`, the key of everything that is stored of it; `name` is the operator's word for it.

    `app` names the secrets: accounts of one kind that share them are one app on the platform, and have one webhook address. `pace` is the
    time between two polls; `monthly_reads` the most resources to pay for in a calendar month (UTC), 0 for no limit; `receipt` a text a
    language that is sent once a private conversation.
    """

    id: str
    name: str
    brand: str
    app: str
    account: str
    spec: Spec
    config: Any
    pace: timedelta
    monthly_reads: int = 0
    automations: frozenset[str] = frozenset()
    auto_within: timedelta = AUTO_WITHIN
    receipt: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.spec.kind
