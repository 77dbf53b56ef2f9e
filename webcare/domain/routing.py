"""Does this verdict need an answer, how urgent is it, and by which policy.

The classifier follows the annotation guide; here stands what a brand adds to it: in a private message silence is never right by
mistake, so what looks like noise is a case marked "please check". The first policy whose conditions all hold wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from webcare.domain.verdict import Intent, Urgency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from webcare.domain.message import Kind
    from webcare.domain.sla.promise import Policy, ReplyWindow
    from webcare.domain.verdict import Verdict

CONDITIONS = ("channel", "kind", "intent", "urgency", "language", "tag", "customer_group")
SILENT = frozenset({Intent.COURTESY, Intent.PRAISE})  # alone, they need no answer
_AUTOMATIC = re.compile(
    r"automatisch(?:e)? (?:antwoord|bericht|reactie)|afwezigheids(?:assistent|bericht)|ik ben (?:momenteel |op dit moment )?afwezig"
    r"|auto(?:matic|mated)?[- ]?(?:reply|response|message)|out of (?:the )?office|verificatiecode|one[- ]time (?:code|password)"
    r"|do not reply to this|niet (?:te )?beantwoorden",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What becomes of a message. `unsure` opens a case all the same, marked "please check"."""

    needs_response: bool
    unsure: bool
    urgency: Urgency
    queue: str
    why: str

    @property
    def opens_case(self) -> bool:
        return self.needs_response or self.unsure


def route(verdict: Verdict, kind: Kind, *, text: str, has_attachments: bool = False) -> Route:
    """Return what becomes of a message with this verdict."""
    needs, unsure, why = verdict.needs_response, verdict.unsure, _because(verdict)
    if not needs and not unsure and kind.is_private:
        is_silent = (verdict.intents and SILENT.issuperset(verdict.intents)) or _AUTOMATIC.search(text)
        if has_attachments and not text.strip():
            unsure, why = True, "an attachment without a text in a private message: please check"
        elif not is_silent:
            unsure, why = True, "no question or complaint was recognised in a private message: please check"
    queue = "urgent" if verdict.urgency is Urgency.HIGH and (needs or unsure) else "check" if unsure and not needs else "default"
    return Route(needs_response=needs, unsure=unsure, urgency=verdict.urgency, queue=queue, why=why)


def _because(verdict: Verdict) -> str:
    named = " and ".join(intent.value for intent in verdict.intents) or "neither question, complaint, praise nor courtesy"
    sure = f"{verdict.needs_response_score:.0%} that it needs a response"
    return f"{named} ({sure}{', unsure: please check' if verdict.unsure else ''}), said {verdict.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named policy with its conditions: each names the values of which one must hold. None given = always.

    `terms` is what it says as plain values, by which two revisions of it are compared.
    """

    name: str
    policy: Policy
    conditions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    window: ReplyWindow | None = None
    terms: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The policies in force, in order; the last one has no condition, so that every case has one.

    `windows`: for how long each kind of channel lets us reply, where the policy says nothing of it.
    """

    rules: Sequence[Rule]
    windows: Mapping[str, ReplyWindow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rules or self.rules[-1].conditions:
            raise ValueError("policy: the last policy must have no condition, so that every case has one")

    def asks(self, condition: str) -> bool:
        """Tell whether any policy asks this of a case."""
        return any(condition in rule.conditions for rule in self.rules)

    def rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def window(self, rule: Rule, *, channel_kind: str, kind: Kind) -> ReplyWindow | None:
        """Return how long a case may be answered: only platforms' private conversations close."""
        return (rule.window or self.windows.get(channel_kind)) if kind.is_private else None

    def match(self, facts: Mapping[str, frozenset[str]]) -> tuple[Rule, str]:
        """Return the first rule whose conditions hold, and why in words. `facts` has a set of values a condition."""
        for rule in self.rules:
            if all(facts.get(name, frozenset()) & wanted for name, wanted in rule.conditions.items()):
                because = ", ".join(
                    f"{name} is {' or '.join(sorted(facts[name] & wanted))}" for name, wanted in rule.conditions.items()
                )
                return (
                    rule,
                    f"policy {rule.name!r} is the first that fits{': ' + because if because else ' (it fits every case)'}",
                )
        raise AssertionError("the last rule fits every case")


def plain_label(name: str) -> str:
    """Return a tag or a group as it is kept and compared: in small letters, without spaces around or doubled."""
    return " ".join(name.casefold().split())


def facts_of(
    *,
    channel_kind: str,
    kind: Kind,
    intents: Iterable[str],
    urgency: str,
    language: str,
    tags: Iterable[str] = (),
    customer_group: str | None = None,
) -> dict[str, frozenset[str]]:
    """Return what policies may ask about a case: of the message that opened it, of its tags, and of who its customer is."""
    return {
        "channel": frozenset({channel_kind}),
        "kind": frozenset({kind.value, "private" if kind.is_private else "public"}),
        "intent": frozenset(intents) or frozenset({"noise"}),
        "urgency": frozenset({urgency}),
        "language": frozenset({language}),
        "tag": frozenset(tags),
        "customer_group": frozenset() if customer_group is None else frozenset({customer_group}),
    }
