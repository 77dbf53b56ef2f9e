"""`webcare user add`, `list` and `disable` as an operator meets them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from webcare.cli import main
from webcare.clock import machine_now
from webcare.services.sign_in import LINK_HOLDS, hashed
from webcare.store import audit, people, users
from webcare.store.door import open_store

CONFIG = """
[database]
url = "{url}"
[web]
public_url = "https://inbox.example"
[[person]]
id = "noor"
name = "Noor de Vries"
role = "lead"
[[person]]
id = "daan"
name = "Daan"
"""


def on(url, unit, *arguments):
    async def run():
        store = open_store(url)
        try:
            return await store.read(unit, *arguments)
        finally:
            await store.close()

    return asyncio.run(run())


@pytest.fixture
def webcare(capsys, database_url, tmp_path):
    file = tmp_path / "webcare.toml"
    file.write_text(CONFIG.format(url=database_url), encoding="utf-8")
    file.chmod(0o600)

    def run(*arguments, status=0):
        capsys.readouterr()
        assert main(["user", *arguments, "--config", str(file)]) == status
        return capsys.readouterr()

    return run


def test_the_first_admin_gets_a_link_that_works_once_and_for_a_day(webcare, database_url):
    told = webcare("add", "beheer", "--role", "admin", "--called", "Beheer", "--mail", "beheer@example.org")
    link = re.fullmatch(r"https://inbox\.example/welcome/([\w-]{43})\n", told.out)[1]
    assert link not in told.err
    known = on(database_url, users.by_link, hashed(link), machine_now())
    assert (known.person, known.name, known.role.value, known.password) == ("beheer", "Beheer", "admin", None)
    assert on(database_url, users.by_link, hashed(link), machine_now() + LINK_HOLDS) is None
    person = on(database_url, people.person, "beheer")
    assert [(c.name, c.target) for c in person.contacts] == [("mail", "mailto:beheer@example.org")]


def test_the_people_of_the_config_are_not_forgotten(webcare, database_url):
    """Whoever made a login before the first start would have had a house without its people: config fills an empty one only."""
    webcare("add", "beheer", "--role", "admin")
    assert {one.id for one in on(database_url, people.people)} == {"beheer", "noor", "daan"}
    webcare("add", "noor")
    known = on(database_url, users.get, "noor")
    assert (known.name, known.role.value) == ("Noor de Vries", "lead")
    webcare("add", "noor", "--role", "agent")
    assert on(database_url, users.get, "noor").role.value == "agent"


def test_a_new_link_ends_the_old_one_and_gives_a_login_back(webcare, database_url):
    first = webcare("add", "noor").out.rsplit("/", 1)[1].strip()
    assert webcare("disable", "noor").out.startswith("noor cannot log in any more")
    assert "disabled" in webcare("list").out
    second = webcare("add", "noor").out.rsplit("/", 1)[1].strip()
    assert on(database_url, users.by_link, hashed(first), machine_now()) is None
    assert on(database_url, users.by_link, hashed(second), machine_now()).person == "noor"
    (line,) = [json.loads(text) for text in webcare("list", "--json").out.splitlines()]
    assert (line["user"], line["role"], line["state"]) == ("noor", "lead", "invited")
    assert [one["what"] for one in on(database_url, audit.lines)] == ["invite", "disable", "invite"]


def test_what_cannot_be_is_said_in_a_sentence(webcare):
    assert "give --role" in webcare("add", "fatima", status=1).err
    assert "contacts of their own" in webcare("add", "noor", "--mail", "a@b.nl", status=1).err
    assert "has no login" in webcare("disable", "noor", status=1).err
    assert "NAME" in webcare("add", "no spaces", "--role", "agent", status=2).err
    assert "NAME" in webcare("add", "machine", "--role", "agent", status=2).err
    assert "--mail" in webcare("add", "fatima", "--role", "agent", "--mail", "nobody", status=2).err
