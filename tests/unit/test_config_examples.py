"""The files under config/ are what an operator copies: they must be read, and say what the README says they say."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from webcare.country_days import LOOKUP
from webcare.domain.calendar import ELAPSED
from webcare.domain.rulebook import parse_rulebook
from webcare.domain.sla.promise import SHIPPED
from webcare.settings import Settings, load

CONFIG = Path(__file__).parents[2] / "config"


def rules(name):
    return parse_rulebook(tomllib.loads((CONFIG / name).read_text(encoding="utf-8")), LOOKUP).rules[0].policy


def test_the_default_policy_file_says_what_applies_without_it():
    assert rules("policy.24h.toml") == SHIPPED


def test_the_office_policy_counts_working_time():
    policy = rules("policy.office-hours.toml")
    assert policy.first_response == timedelta(hours=4)
    assert policy.calendar is not ELAPSED
    assert policy.staffed is not None


def test_every_example_is_read():
    for file in CONFIG.glob("policy.*.toml"):
        assert rules(file.name).ladder, file


def test_the_example_config_is_read_and_lists_every_setting():
    text = (CONFIG / "webcare.example.toml").read_text(encoding="utf-8")
    assert load(str(CONFIG / "webcare.example.toml")).database.url is None
    for section, field in Settings.model_fields.items():
        assert f"[{section}]" in text
        for name in field.annotation.model_fields:
            assert f"{name} = " in text


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.delenv("WEBCARE_DATABASE__URL", raising=False)
