"""The files under config/ are what an operator copies: they must be read, name every setting, and say what holds when nobody says it."""

import re
import tomllib
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from webcare.country_days import LOOKUP
from webcare.discovery import connectors
from webcare.domain.calendar import ELAPSED
from webcare.domain.message import Kind
from webcare.domain.routing import CONDITIONS, facts_of
from webcare.domain.rulebook import CALENDAR_KEYS, POLICY_KEYS, RUNG_KEYS, parse_rulebook
from webcare.domain.sla.promise import SHIPPED
from webcare.settings import Settings, load
from webcare.settings.accounts import accounts, missing_secrets
from webcare.settings.model import Channel
from webcare.settings.names import is_many, section_in, variable, variables
from webcare.settings.people import people
from webcare.settings.rules import rules

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = (CONFIG / "webcare.example.toml").read_text(encoding="utf-8")
COMPLETE = re.sub(r"^#(?=\S| {4}\{)", "", EXAMPLE, flags=re.MULTILINE)  # also the lines of a list that goes on
DOC = tomllib.loads(COMPLETE)
CREDENTIALS = sorted(set(re.findall(r"WEBCARE_[A-Z0-9_-]*[A-Z0-9]", EXAMPLE)) - {"WEBCARE_CONFIG"})
SPECS = {found.name: found.spec for found in connectors() if found.spec is not None}
TODAY = date(2026, 11, 23)
TEXTS = {
    "WEBCARE_SEALING__KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "WEBCARE_ALERTS__LAST_RESORT": "mailto:noor@example.org",
    "WEBCARE_ALERTS__HEARTBEAT": "https://hc.example.org/1",
    "WEBCARE_WEB__PUBLIC_URL": "https://webcare.example.org",
    "WEBCARE_DATABASE__URL": "postgresql://webcare:secret@localhost/webcare",
}


def policy_in(name):
    return parse_rulebook(tomllib.loads((CONFIG / name).read_text(encoding="utf-8")), LOOKUP).rules[0].policy


@pytest.fixture
def complete(tmp_path):
    """The settings of the example with every # taken away and every credential that it names."""
    file = tmp_path / "webcare.toml"
    file.write_text(COMPLETE, encoding="utf-8")
    file.chmod(0o640)
    folder = tmp_path / "credentials"
    folder.mkdir()
    for name in CREDENTIALS:
        (folder / name).write_text(TEXTS.get(name, "hunter2"), encoding="utf-8")
    return load(str(file), {"CREDENTIALS_DIRECTORY": str(folder)})


# --- policies for `webcare replay` ---


def test_the_default_policy_file_says_what_applies_without_it():
    assert policy_in("policy.24h.toml") == SHIPPED


def test_the_office_policy_counts_working_time():
    policy = policy_in("policy.office-hours.toml")
    assert policy.first_response == timedelta(hours=4)
    assert policy.calendar is not ELAPSED
    assert policy.staffed is not None


def test_every_policy_file_is_read():
    for file in CONFIG.glob("policy.*.toml"):
        assert policy_in(file.name).ladder, file


def test_several_policies_to_try_use_every_condition_and_are_refused_nothing():
    book = parse_rulebook(tomllib.loads((CONFIG / "policies.example.toml").read_text(encoding="utf-8")), LOOKUP, today=TODAY)
    assert [rule.name for rule in book.rules] == ["urgent", "press", "vip", "private", "public", "default"]
    assert {name for rule in book.rules for name in rule.conditions} == set(CONDITIONS) - {"channel"}


# --- the example ---


def test_the_example_as_it_lies_there_needs_no_change_to_be_read():
    settings = load(str(CONFIG / "webcare.example.toml"), {})
    book, _ = rules(settings, LOOKUP, accounts(settings, SPECS), today=TODAY)
    assert settings.database.url is None
    assert people(settings) == ((), ())
    [rule] = book.rules
    assert rule.policy.staffed is not None
    assert replace(rule.policy, staffed=None) == SHIPPED


def test_a_default_in_the_example_is_the_default(tmp_path):
    """A comment that shows another value than the one that holds without it misleads whoever reads it."""
    examples = {"public_url", "trusted_proxies", "schemes", "lines_in", "state_folder", "url", "model"}
    for section in ("web", "house", "alerts", "retention", "media", "log", "sentiment"):
        file = tmp_path / "webcare.toml"
        shown = {key: value for key, value in DOC[section].items() if key not in examples}
        file.write_text("".join([f"[{section}]\n", *(f'{k} = "{v}"\n' for k, v in shown.items())]), encoding="utf-8")
        assert getattr(load(str(file), {}), section) == getattr(load(None, {}), section)
    for spec in SPECS.values():
        for table in (table for table in DOC["channel"] if table["kind"] == spec.kind):
            [built] = accounts(_only(tmp_path, table, spec), SPECS)
            for field in fields(spec.config):
                if field.name != spec.account:
                    assert getattr(built.config, field.name) == field.default, f"{spec.kind}: {field.name}"


def _only(tmp_path, table, spec):
    """Settings with nothing but this channel."""
    file = tmp_path / "channel.toml"
    lines = [
        f"{k} = {str(v).lower() if isinstance(v, bool | int) else repr(v)}"
        for k, v in table.items()
        if k not in Channel.model_fields
    ]
    file.write_text("\n".join(["[[channel]]", f"name = 'a'\nkind = '{spec.kind}'", *lines]), encoding="utf-8")
    return load(str(file), {f"WEBCARE_SECRETS__A__{spec.secrets[0].upper()}": "hunter2"})


def test_the_whole_example_makes_channels_people_and_rules(complete):
    found = accounts(complete, SPECS)
    ids = ["twitter:1234567890", "facebook:1029384756", "instagram:17841400000000000", "whatsapp:5647382910", "generic:shop"]
    assert [account.id for account in found] == ids
    assert [missing_secrets(complete, account) for account in found] == [()] * len(ids)
    book, _ = rules(complete, LOOKUP, found, today=TODAY)
    assert [rule.name for rule in book.rules] == ["urgent", "press", "vip", "private", "public", "default"]
    who, levels = people(complete)
    assert [person.id for person in who] == ["noor", "daan"]
    assert [level.name for level in levels] == ["oncall", "next", "lead"]


@pytest.mark.parametrize(
    ("kind", "urgency", "name", "due"),
    [
        (Kind.DM, "high", "urgent", datetime(2026, 11, 20, 17, 0, tzinfo=UTC)),
        (Kind.DM, "normal", "private", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),  # closed at 17:00 local time on Fridays
        (Kind.MENTION, "normal", "public", datetime(2026, 11, 23, 12, 0, tzinfo=UTC)),
    ],
)
def test_the_policies_promise_what_they_say(complete, kind, urgency, name, due):
    book, _ = rules(complete, LOOKUP, accounts(complete, SPECS), today=TODAY)
    facts = facts_of(channel_kind="facebook", kind=kind, intents=["question"], urgency=urgency, language="nl")
    rule, _ = book.match(facts)
    assert rule.name == name
    assert rule.policy.calendar.add(datetime(2026, 11, 20, 16, 0, tzinfo=UTC), rule.policy.first_response) == due
    assert not any(rung.left for rung in rule.policy.ladder)


# --- every setting, in both directions ---


def listed(doc, model=Settings, at=()):
    """Yield the path of each setting that the example shows."""
    for name, value in doc.items():
        field = model.model_fields.get(name)
        section = section_in(field.annotation) if field is not None else None
        if section is None:
            yield (*at, name)
        for table in value if isinstance(value, list) else [value]:
            if section is not None:
                yield from listed(table, section, (*at, name))


def known(model=Settings, at=()):
    for name, field in model.model_fields.items():
        section = section_in(field.annotation)
        if section is None:
            yield (*at, name)
        else:
            yield from known(section, (*at, name))


def as_one_level(paths):
    """The three levels of the rota have the same settings: each is explained once."""
    return {("rota", "level", *path[2:]) if path[0] == "rota" else path for path in paths}


def test_every_setting_is_in_the_example_and_nothing_else():
    as_credentials = {path for path in variables() if variable(path) in CREDENTIALS} | {("secrets",)}
    own = {("channel", field.name) for table in DOC["channel"] for field in fields(SPECS[table["kind"]].config)}
    assert as_one_level({*listed(DOC), *as_credentials}) == as_one_level({*known(), *own})
    assert DOC["rota"].keys() == Settings.model_fields["rota"].annotation.model_fields.keys()


def test_every_credential_that_the_example_names_is_read(complete):
    assert {name for name in CREDENTIALS if "SECRETS" not in name} <= {variable(path) for path in variables()}
    named = {name.split("__")[1].lower() for name in CREDENTIALS if "SECRETS" in name}
    assert complete.secrets.keys() == named


def test_each_kind_of_channel_in_the_example_shows_all_its_settings():
    for table in DOC["channel"]:
        declared = {field.name for field in fields(SPECS[table["kind"]].config)}
        assert declared <= table.keys(), table["kind"]


def test_every_key_of_policies_and_calendars_is_in_the_example():
    keys = {key for policy in DOC["policy"] for key in policy}
    assert keys == POLICY_KEYS | {"name", "when"}
    assert {key for policy in DOC["policy"] for rung in policy.get("ladder", []) for key in rung} == RUNG_KEYS
    assert [len(policy["ladder"]) for policy in DOC["policy"] if "ladder" in policy] == [4, 4, 4, 5]
    assert {key for calendar in DOC["calendars"].values() for key in calendar} == CALENDAR_KEYS
    for condition in CONDITIONS:
        assert re.search(rf"\b{condition}\b", EXAMPLE)


def test_what_one_variable_cannot_hold_is_said():
    said = re.search(r"over the file\.(.*?)only\.", EXAMPLE, re.DOTALL)[1]
    many = {name for name, field in Settings.model_fields.items() if is_many(field.annotation)} - {"secrets"}
    assert set(re.findall(r"\[(\w+)\]", said)) == many
