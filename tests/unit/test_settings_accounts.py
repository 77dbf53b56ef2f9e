"""[[channel]] and [secrets] -> accounts: by what each connector declares, with every slip named."""

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

import pytest

from webcare.discovery import connectors
from webcare.lines import CannotStart
from webcare.ports.channel import Approved
from webcare.ports.connector import Capability
from webcare.settings.accounts import accounts, languages_of, missing_secrets, secrets_of
from webcare.settings.model import Channel, Model

SPECS = {found.name: found.spec for found in connectors() if found.spec is not None}
SECRET = "hunter2"  # noqa: S105 - it is to be found where it must not be


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryType:
    """A connector's config with a field of each type that there is."""

    page: str = field(metadata={"help": "the page"})
    some: int = 1
    share: float = 0.5
    on: bool = False
    wait: timedelta = timedelta(minutes=1)
    words: tuple[str, ...] = ()
    maybe: str | None = None

    def __post_init__(self):
        if self.some < 0:
            raise ValueError(f"some: nothing below zero, not {self.some}")


PAPER = replace(SPECS["facebook"], kind="paper", config=EveryType, account="page", secrets=("key", "other_key"))


def house(*channels, secrets=None, **more):
    return Model.model_validate(
        {"channel": channels, "secrets": {"paper": {"key": SECRET}} if secrets is None else secrets, **more}
    )


def paper(**more):
    return {"name": "paper", "kind": "paper", "page": "1"} | more


def built(*channels, **more):
    return accounts(house(*channels, **more), {"paper": PAPER, "twitter": SPECS["twitter"]})


def refused(*channels, **more):
    with pytest.raises(CannotStart) as refusal:
        built(*channels, **more)
    assert SECRET not in str(refusal.value)
    return str(refusal.value)


def test_a_channel_is_what_its_connector_declares():
    [account] = built(
        paper(
            some=2,
            share=1,
            on=True,
            wait="PT2H",
            words=["a", "b"],
            maybe="c",
            brand="b",
            poll="PT5M",
            automations=["9"],
            auto_within="PT1S",
            receipt={"en": "Yes"},
            language="en",
        )
    )
    assert account.config == EveryType(page="1", some=2, share=1.0, on=True, wait=timedelta(hours=2), words=("a", "b"), maybe="c")
    assert (account.id, account.account, account.name, account.app, account.brand) == ("paper:1", "1", "paper", "paper", "b")
    assert (account.pace, account.automations) == (timedelta(minutes=5), {"9"})
    assert (account.auto_within, account.receipt, account.monthly_reads) == (timedelta(seconds=1), {"en": "Yes"}, 0)
    assert languages_of([account, replace(account, id="paper:2", language=None)]) == {"paper:1": "en"}


def test_what_a_channel_does_not_say_is_as_in_the_house():
    [account] = built(paper(), house={"brand": "meerkoet"})
    assert account.config == EveryType(page="1")
    assert (account.brand, account.pace, account.auto_within) == ("meerkoet", PAPER.pace, timedelta(seconds=15))
    assert account.language is None


def test_a_budget_of_reads_is_read_off_the_config():
    x = {"name": "x", "kind": "twitter", "user_id": "1", "monthly_reads": 500}
    [account] = built(x, secrets={"x": {"access_token": SECRET}})
    assert account.monthly_reads == 500


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"kind": "papper"},
            "channel paper: kind: no connector is called 'papper' (there are paper, twitter); did you mean paper?",
        ),
        ({"pge": "1"}, "channel paper: pge is no setting of paper; did you mean page?"),
        ({"automation": ["1"]}, "channel paper: automation is no setting of paper; did you mean automations?"),
        ({"other_key": SECRET}, "channel paper: other_key: it is a secret, its place is the table [secrets.…] or a credential"),
        ({"page": 1}, 'channel paper: page: a text in "quotes" is expected'),
        ({"some": "1"}, "channel paper: some: a whole number is expected"),
        ({"some": True}, "channel paper: some: a whole number is expected"),
        ({"some": 1.5}, "channel paper: some: a whole number is expected"),
        ({"share": "1"}, "channel paper: share: a number is expected"),
        ({"on": 1}, "channel paper: on: true or false is expected"),
        ({"wait": 5}, "channel paper: wait: a duration like PT10M is expected"),
        ({"wait": "5m"}, "channel paper: wait: '5m' is not an ISO 8601 duration"),
        ({"wait": "P999999D"}, "channel paper: wait: a span of more than ten years"),
        ({"words": "a"}, "channel paper: words: a list of texts"),
        ({"words": [1]}, "channel paper: words: a list of texts"),
        ({"maybe": 1}, "channel paper: maybe: a text"),
        ({"some": -1}, "channel paper: some: nothing below zero, not -1"),
    ],
)
def test_a_slip_in_a_channel_is_named(changed, said):
    assert said in refused(paper(**changed))


def test_a_key_that_is_missing_is_explained():
    assert "channel paper: page is missing: the page" in refused({"name": "paper", "kind": "paper"})


def test_a_platform_that_tells_by_itself_is_not_polled():
    told = {"paper": replace(PAPER, capabilities=frozenset({Capability.WEBHOOK}))}
    with pytest.raises(CannotStart, match="channel paper: poll: paper is not polled"):
        accounts(house(paper(poll="PT1M")), told)


def test_two_channels_of_one_account_are_refused():
    message = refused(paper(), paper(name="again", secrets="paper"))
    assert message == "channel again: paper:1 is already the account of channel paper"


def test_all_that_is_wrong_is_said_at_once():
    message = refused(paper(pge="1"), {"name": "x", "kind": "x"}, secrets={"paper": {"key": SECRET}, "y": {}})
    for said in ("channel paper: pge is no setting", "channel x: kind: no connector", "[secrets.y] is used by no channel"):
        assert said in message


# --- secrets ---


def test_channels_that_share_their_secrets_are_one_app():
    first, second = built(
        paper(secrets="meta"), paper(name="second", page="2", secrets="meta"), secrets={"meta": {"key": SECRET}}
    )
    assert first.app == second.app == "meta"


def test_secrets_are_handed_over_in_clear_and_blank_ones_are_none():
    settings = house(secrets={"paper": {"key": f"{SECRET}\n", "other_key": "  "}})
    assert secrets_of(settings, "paper") == {"key": SECRET}
    assert secrets_of(settings, "unknown") == {}


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"paper": {"key": SECRET}}, ("other_key",)), ({"paper": {"key": " "}}, ("key", "other_key")), ({}, ("key", "other_key"))],
)
def test_what_is_missing_is_named_for_whoever_checks(given, missing):
    """It is no error: what was given to `webcare channels connect` lies in the store."""
    [account] = built(paper(), secrets=given)
    assert missing_secrets(house(paper(), secrets=given), account) == missing


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({"papr": {"key": SECRET}}, "[secrets.papr] is used by no channel; did you mean paper?"),
        (
            {"paper": {"key": SECRET, "othr_key": SECRET}},
            "[secrets.paper] othr_key is no secret of its channel; did you mean other_key?",
        ),
    ],
)
def test_a_slip_among_secrets_is_named(secrets, said):
    assert said in refused(paper(), secrets=secrets)


def test_secrets_without_any_channel_are_used_by_none():
    assert refused(secrets={"paper": {"key": SECRET}}) == "[secrets.paper] is used by no channel"


def test_a_connector_that_needs_no_secret_has_none():
    [account] = accounts(house(paper(), secrets={}), {"paper": replace(PAPER, secrets=())})
    assert account.app == "paper"


# --- the connectors that there are ---


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_no_connector_declares_a_setting_that_every_channel_has(spec):
    """Its field would never be given."""
    assert not {field.name for field in fields(spec.config)} & Channel.model_fields.keys()


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_connector_is_configured_by_its_account_alone(spec):
    settings = Model.model_validate(
        {
            "channel": [{"name": "a", "kind": spec.kind, spec.account: "1234567890"}],
            "secrets": {"a": dict.fromkeys(spec.secrets, SECRET)},
        }
    )
    [account] = accounts(settings, SPECS)
    assert account.id == f"{spec.kind}:1234567890"
    assert missing_secrets(settings, account) == ()
    assert SECRET not in repr(account)


def test_approved_texts_belong_to_platforms_that_know_them():
    text = {"name": "order", "language": "nl", "text": "Dag {{1}}."}
    assert "template: paper has no texts that are approved beforehand" in refused(paper(template=[text]))
    spec = replace(PAPER, capabilities=PAPER.capabilities | {Capability.TEMPLATE})
    [account] = accounts(house(paper(template=[text])), {"paper": spec})
    assert account.templates == (Approved(**text),)
