"""What is written is so: commands, rooms, links, and the change that a version is."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from webcare import __version__
from webcare.cli import _parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CALL = re.compile(r"(?:^|[$|&;]\s*|/)webcare\s+([^|]*)")


def commands(parser, path=()):
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield " ".join(path)
    for action in below:
        for name, child in action.choices.items():
            yield from commands(child, (*path, name))


def documented(text):
    """Yield the arguments of every call of `webcare` that stands as code: in a block of sh or console, or in a line."""
    blocks = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for language, block in blocks.findall(text):
        if language in {"sh", "console"}:
            for line in re.sub(r"\s#\s.*", "", block).splitlines():
                yield from (call.strip() for call in CALL.findall(line))
    for span in re.findall(r"`(webcare\s[^`]*)`", blocks.sub("", text)):
        without_choices = re.sub(r"\[[^]]*\]", "", span)
        yield from (call.strip() for call in CALL.findall(without_choices))


CALLS = sorted({call for call in documented(README) if call})


@pytest.mark.parametrize("command", list(commands(_parser())))
def test_every_command_is_named_in_the_readme(command):
    assert re.search(rf"webcare {command}\b", README)


@pytest.mark.parametrize("call", CALLS)
def test_every_documented_call_is_understood(call, capsys):
    try:
        _parser().parse_args(shlex.split(call, comments=True))
    except SystemExit as ended:  # --help
        assert ended.code == 0, capsys.readouterr().err  # noqa: PT017 - the status is the fact


def test_calls_are_documented_at_all():
    assert len(CALLS) > 10
    assert any(call.startswith("sla evaluate") for call in CALLS)


def test_every_file_that_a_documented_call_reads_is_there():
    files = {
        word for call in CALLS for word in shlex.split(call, comments=True) if word.startswith(("config/", "webcare/", "tests/"))
    }
    assert files
    assert not [file for file in files if not (ROOT / file).is_file()]


def test_every_room_is_described():
    described = (ROOT / "webcare/README.md").read_text(encoding="utf-8")
    rooms = [folder.parent.name for folder in (ROOT / "webcare").glob("*/__init__.py")]
    assert len(rooms) > 5
    assert not [room for room in rooms if f"`{room}/`" not in described]


def test_the_changelog_tells_of_this_version():
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_link_to_a_file_leads_somewhere(tracked):
    pages = [ROOT / name for name in tracked if name.endswith(".md")]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text(encoding="utf-8"))]
    assert links
    assert not [(page.name, link) for page, link in links if "://" not in link and not (page.parent / link).exists()]
