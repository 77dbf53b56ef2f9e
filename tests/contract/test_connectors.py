"""What every connector promises, asked of every folder under `connectors/`: nothing has to be registered here.

A new folder with payloads in `fixtures/` and, beside each, the lines that `webcare normalize` writes for it, is tested by being there.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import re
import sys
import textwrap
import typing
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from normalized import IDS, bodies, check, lines, survives
from spoiling import JUNK

import connectors as folder
from webcare import cli
from webcare.discovery import connectors
from webcare.domain.message import LONGEST_NAME
from webcare.normalize_files import hear_file
from webcare.ports.connector import Capability
from webcare.ports.errors import OutsideError, RateLimited, Unavailable
from webcare.services.hearing import hear, hear_element

ROOT = Path(folder.__file__).parent
FOUND = connectors()
SPECS = [found.spec for found in FOUND if found.spec is not None]
FIXTURES = [(spec, path) for spec in SPECS for path in sorted((ROOT / spec.kind / "fixtures").glob("*.json"))]
SOURCES = [path for spec in SPECS for path in sorted((ROOT / spec.kind).rglob("*.py"))]
FEWEST_FIXTURES = 12
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CALLS = frozenset({Capability.POLL, Capability.SEND, Capability.FIND, Capability.PREFLIGHT})

every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
every_fixture = pytest.mark.parametrize(("spec", "path"), FIXTURES, ids=[f"{spec.kind}-{path.stem}" for spec, path in FIXTURES])
every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


# --- the spec is whole


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.name)
def test_it_can_be_loaded(found):
    assert found.problem is None
    assert found.spec.kind == found.name


@every_spec
def test_its_config_is_a_frozen_dataclass_that_explains_itself(spec):
    assert dataclasses.is_dataclass(spec.config)
    assert spec.config.__dataclass_params__.frozen
    assert "__slots__" in vars(spec.config)
    types = typing.get_type_hints(spec.config)
    fields = {field.name: field for field in dataclasses.fields(spec.config)}
    assert not [name for name, field in fields.items() if not str(field.metadata.get("help", "")).strip()]
    assert types.keys() >= fields.keys()
    assert fields["base_url"].default.startswith("https://")


@every_spec
def test_its_secrets_are_named_and_are_no_settings(spec):
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in spec.secrets)
    assert len(set(spec.secrets)) == len(spec.secrets) > 0
    assert not set(spec.secrets) & {field.name for field in dataclasses.fields(spec.config)}


def reaches_somewhere(spec):
    """Whether there is one address for everybody, or each operator says their own."""
    (address,) = (field.default for field in dataclasses.fields(spec.config) if field.name == "base_url")
    return not address.endswith(".invalid")


@every_spec
def test_it_says_how_an_operator_comes_by_its_secrets(spec):
    assert spec.consent is not None
    assert spec.consent.address.startswith("https://") or (not spec.consent.address and not reaches_somewhere(spec))
    assert all(step.strip() for step in spec.consent.steps)
    assert spec.consent.made_here < set(spec.secrets)


@every_spec
def test_its_limits_are_sane(spec):
    assert spec.limits.length > 0
    assert spec.pace > timedelta(0)
    assert spec.limits.reply_window is None or spec.limits.reply_window > timedelta(0)
    measure = spec.limits.measure
    assert measure("") == 0
    assert 0 < measure("a") <= measure("ab") <= measure("ab 😀 é") <= measure("ab 😀 é" * 100)
    assert measure("a\ud800b") > 0


@every_spec
def test_it_can_what_it_says(spec):
    assert (spec.client is not None) == bool(spec.capabilities & CALLS)
    assert (spec.verify is not None) == (Capability.WEBHOOK in spec.capabilities)
    assert spec.handshake is None or spec.verify is not None
    assert Capability.FIND not in spec.capabilities or Capability.SEND in spec.capabilities
    assert spec.capabilities & {Capability.POLL, Capability.WEBHOOK}, "it hears nothing"


SAMPLES = {str: "1", int: 1, float: 1.0, bool: True, timedelta: timedelta(minutes=1)}


def configured(spec):
    """The config with something in each field that has no default."""
    types = typing.get_type_hints(spec.config)
    needed = [f for f in dataclasses.fields(spec.config) if f.default is f.default_factory is dataclasses.MISSING]
    return spec.config(**{field.name: SAMPLES.get(types[field.name], ()) for field in needed})


class Untouched:
    """A session that nothing may be asked of."""

    def __getattr__(self, name):
        raise AssertionError(f"the constructor asked for session.{name}")


@every_spec
def test_its_client_does_nothing_yet_and_has_every_method(spec):
    if spec.client is None:
        return
    client = spec.client(configured(spec), Untouched(), dict.fromkeys(spec.secrets, "s"))
    assert all(inspect.iscoroutinefunction(getattr(client, name)) for name in ("poll", "send", "find", "preflight"))


@every_spec
def test_its_webhook_proves_nothing_to_a_stranger(spec):
    if spec.verify is None:
        return
    secrets = dict.fromkeys(spec.secrets, "s")
    for headers in (
        {},
        {"X-Hub-Signature-256": "sha256=00"},
        {"x-twitter-webhooks-signature": "sha256=AAAA"},
        {"X-Hub-Signature-256": "\udcff"},
        {"X-Webcare-Signature": "t=1,v1=\udcff"},
    ):
        for raw in (b"", b"{}", b"\xff"):
            assert spec.verify(headers, raw, secrets) is False
            assert spec.verify(headers, raw, dict.fromkeys(spec.secrets, "")) is False
    if spec.handshake is not None:
        assert spec.handshake({}, secrets) is None or spec.handshake({}, secrets).status >= 400
        wrong = {"hub.mode": "subscribe", "hub.verify_token": "x", "hub.challenge": "1"}
        answer = spec.handshake(wrong, secrets)
        assert answer is None or answer.status >= 400


@every_spec
def test_its_simulator_is_an_application(spec):
    module, _, function = spec.simulator.partition(":")
    assert module.startswith(f"connectors.{spec.kind}.")
    app = getattr(importlib.import_module(module), function)()
    assert isinstance(app, web.Application)
    assert len(app.router.routes()) > 1


ANSWERS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"<html>Sorry</html>",
    b"\xff\xfe",
    b'{"error": {"co',
    b"[" * 50_000,
    b'{"error": []}',
]
ANSWERS += [
    b'{"errors": 7}',
    b'{"error": {"code": "many", "message": 5}}',
    b'{"errors": [null, {"code": {}}], "status": "x", "type": 9}',
    b'{"error": {"code": "' + b"9" * 5000 + b'", "error_subcode": "1"}}',  # Python refuses to read so long a number
]


@every_spec
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504, 599])
def test_every_answer_is_explained(spec, status):
    for headers in (
        {},
        {"Retry-After": "x", "x-rate-limit-reset": "-1", "X-App-Usage": "{", "X-Business-Use-Case-Usage": "[]"},
        {"Retry-After": "9" * 400},
        {"Retry-After": "0"},
    ):
        for raw in ANSWERS:
            error = spec.explain(status, headers, raw, NOW)
            assert isinstance(error, OutsideError)
            assert str(error).strip()
            if isinstance(error, RateLimited):
                assert error.until > NOW, "a limit that is over already would be asked again at once, for ever"
            if status >= 500 and raw in (b"", b"<html>Sorry</html>"):
                assert isinstance(error, Unavailable)


# --- every fixture says what its neighbour says it says


@every_spec
def test_it_brings_enough_payloads_each_with_what_is_expected(spec):
    there = ROOT / spec.kind / "fixtures"
    payloads = {path.stem for path in there.glob("*.json")}
    assert len(payloads) >= FEWEST_FIXTURES
    assert payloads == {path.name.removesuffix(".expected.jsonl") for path in there.glob("*.expected.jsonl")}
    assert (ROOT / spec.kind / "README.md").is_file()


@every_fixture
def test_a_fixture_normalizes_to_what_lies_beside_it_every_time(spec, path):
    wanted = [json.loads(line) for line in path.with_suffix(".expected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines(hear_file(spec, str(path), None)) == wanted
    assert lines(hear_file(spec, str(path), None)) == wanted


@every_fixture
def test_reading_changes_nothing_and_no_element_depends_on_another(spec, path):
    for body in bodies(path):
        untouched = deepcopy(body)
        whole = lines(hear(spec, body, None))
        assert body == untouched
        try:
            elements = spec.split(body)
        except ValueError:
            continue
        alone = {n: lines(hear_element(spec, spec.split(deepcopy(body))[n], None)) for n in reversed(range(len(elements)))}
        if elements:
            assert [line for n in range(len(elements)) for line in alone[n]] == whole
        assert all(element.where == again.where for element, again in zip(elements, spec.split(body), strict=True))


@every_fixture
def test_a_file_may_hold_bodies_as_a_list_or_a_line_each(spec, path, tmp_path):
    held = bodies(path)
    wanted = [line for body in held for line in lines(hear(spec, body, None))]
    (tmp_path / "list.json").write_text(json.dumps(held), encoding="utf-8")
    (tmp_path / "lines.json").write_text("\n".join(json.dumps(body) for body in [*held, *held]), encoding="utf-8-sig")
    assert lines(hear_file(spec, str(tmp_path / "list.json"), None)) == wanted
    assert lines(hear_file(spec, str(tmp_path / "lines.json"), None)) == wanted + wanted


@every_spec
def test_its_fixtures_show_what_it_hears(spec):
    heard = {line["event"] for other, path in FIXTURES if other is spec for line in lines(hear_file(spec, str(path), None))}
    assert {"message", "ignored", "unreadable"} <= heard


# --- the lines are those of the contract


@every_fixture
def test_its_lines_are_those_of_the_contract(spec, path):
    for line in lines(hear_file(spec, str(path), None)):
        check(line, spec.kind)


@every_fixture
def test_what_our_own_account_wrote_is_outbound(spec, path):
    authors = {line["author"]["id"] for line in lines(hear_file(spec, str(path), None)) if line.get("author")}
    for us in sorted(authors):
        for line in lines(hear_file(spec, str(path), us)):
            check(line, spec.kind)
            if line["event"] in ("message", "echo") and line["author"] and line["author"]["id"] == us:
                assert line["direction"] == "outbound"


# --- whatever comes, nothing is raised and nothing is dropped


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"entry": [value], "data": value}
    return value


GARBAGE = [
    *JUNK,
    nested(12),
    {"": {"": {"": 0}}},
    {"object": None},
    {"data": {"data": {"data": []}}},
    {"errors": [7, "x", None, {}]},
    {"x" * 10_000: "y" * 1_000_000},
]


@every_spec
@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage)[:30].encode("ascii", "replace").decode())
def test_garbage_is_heard_or_unreadable(spec, garbage):
    survives(spec, deepcopy(garbage))


@every_spec
@pytest.mark.parametrize("depth", [50, 900, 970, 985, 990, 995, 1_000, 100_000])
def test_depth_in_a_file_is_heard_or_unreadable(spec, depth, tmp_path):
    """Around the interpreter's own limit a body may be read and then be too deep to be quoted."""
    deep = "[" * depth + "]" * depth
    texts = [deep, f'{{"object": {deep}}}', f'{{"data": {deep}}}', f'{{"entry": {deep}}}']
    for path in sorted((ROOT / spec.kind / "fixtures").glob("*.json"))[:3]:
        texts += [
            json.dumps({**body, next(iter(body)): "DEEP"}).replace('"DEEP"', deep)
            for body in bodies(path)
            if isinstance(body, dict) and body
        ]
    for text in texts:
        (tmp_path / "deep.json").write_text(text, encoding="utf-8")
        found = lines(hear_file(spec, str(tmp_path / "deep.json"), None))
        assert found
        for line in found:
            check(line, spec.kind)


FOREIGN = [
    ("twitter", {"data": [{"id": "1990000000000000001", "text": "@meerkoet hallo?", "author_id": "42"}], "meta": {"result_count": 1, "newest_id": "1990000000000000001", "oldest_id": "1990000000000000001"}}),
    ("twitter", {"for_user_id": "42", "tweet_create_events": [{"id_str": "1", "text": "hoi", "user": {"id_str": "7"}}]}),
    ("facebook", {"object": "page", "entry": [{"id": "1", "time": 1795424400, "changes": [{"field": "feed", "value": {"item": "comment", "verb": "add", "comment_id": "1_2", "post_id": "0_1", "message": "hoi", "from": {"id": "7"}}}]}]}),
    ("facebook", {"object": "page", "entry": [{"id": "1", "time": 1795424400000, "messaging": [{"sender": {"id": "7"}, "recipient": {"id": "1"}, "timestamp": 1795424400000, "message": {"mid": "m_1", "text": "hoi"}}]}]}),
    ("instagram", {"object": "instagram", "entry": [{"id": "1", "time": 1795424400, "changes": [{"field": "comments", "value": {"id": "2", "text": "hoi", "from": {"id": "7", "username": "x"}}}]}]}),
    ("whatsapp", {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "messages": [{"from": "316", "id": "w", "timestamp": "1795424400", "type": "text", "text": {"body": "hoi"}}]}}]}]}),
    ("telegram", {"update_id": 7, "message": {"message_id": 1, "date": 1795424400, "chat": {"id": 7, "type": "private"}, "from": {"id": 7}, "text": "hoi"}}),
]  # fmt: skip


@every_spec
@pytest.mark.parametrize(("kind", "body"), FOREIGN, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(FOREIGN)])
def test_a_body_of_another_platform_is_ignored_and_of_its_own_is_not(spec, kind, body):
    found = [(line["event"], line.get("reason")) for line in lines(hear(spec, deepcopy(body), None))]
    if kind == spec.kind:
        assert ("message", None) in found
    else:
        assert found == [("ignored", "other platform")]


@every_spec
def test_ids_are_never_longer_than_the_record_keeps_unless_the_payload_says_so(spec):
    for other, path in FIXTURES:
        if other is spec and "hostile" not in path.stem and "broken" not in path.stem:
            for line in lines(hear_file(spec, str(path), None)):
                assert all(len(line.get(name) or "") <= LONGEST_NAME for name in IDS)


# --- what no connector does


def plays(path):
    """Whether a file belongs to the simulator: it is the platform and may wait, look at a clock, and call us."""
    return any(part.startswith("simulator") for part in path.relative_to(ROOT).parts)


def dotted(node):
    """`a.b.c` of an expression, with `?` for what is no plain name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


CLOCKS = re.compile(
    r"((^|\.)(datetime|date)\.(now|utcnow|today)|^time\.\w+|(^|\.)(sleep|monotonic|perf_counter|call_later|call_at|wait_for))$"
)
SESSIONS = re.compile(r"(^|\.)(ClientSession|TCPConnector|urlopen|create_connection|open_connection|create_engine|connect)$")


@every_source
def test_it_does_not_wait_read_a_clock_open_a_session_or_loop_for_ever(path):
    if plays(path):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [name for name in calls if CLOCKS.search(name) or SESSIONS.search(name)]
    endless = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value
    ]
    assert not endless


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


FAMILY = "connectors.meta"  # what Meta's platforms share: a module, no connector
BARRED = {"sqlalchemy", "alembic", "sqlite3", "asyncpg", "structlog", "requests", "sentiment", "apscheduler"}


@every_source
def test_it_imports_the_contract_its_own_folder_and_no_database(path):
    own = path.relative_to(ROOT).parts[0]
    names = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    ours = {name for name in names if name.split(".")[0] in ("webcare", "connectors")}
    assert not [name for name in ours if not name.startswith(("webcare.ports", "webcare.domain", f"connectors.{own}", FAMILY))]
    assert not [name for name in names if name.startswith(".")]
    assert not {name.split(".")[0] for name in names} & BARRED


@every_spec
def test_reading_is_pure(spec):
    """`reading.py` and what it stands on in its own folder know no network and no event loop."""
    seen, todo = set(), [ROOT / spec.kind / "reading.py"]
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        names = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
        assert not {name.split(".")[0] for name in names} & {"aiohttp", "asyncio", "tweepy", "socket", "random", "os"}, path.name
        todo += [
            ROOT.parent / Path(*name.split(".")).with_suffix(".py")
            for name in names
            if name.startswith(f"connectors.{spec.kind}.") or name == FAMILY
        ]
    assert seen


# --- a folder that is broken, and a folder that is new


@pytest.fixture
def new_folders(tmp_path, monkeypatch):
    """A place beside `connectors/` whose folders are found there too."""
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("connectors."):
            del sys.modules[name]
            if hasattr(folder, name.split(".")[1]):
                delattr(folder, name.split(".")[1])
    importlib.invalidate_caches()


def put(place, name, text):
    (place / name).mkdir()
    (place / name / "__init__.py").write_text(textwrap.dedent(text), encoding="utf-8")


BROKEN = {
    "raises": ("raise RuntimeError('on the way')", "on the way"),
    "misspelt": ("def (", "SyntaxError"),
    "unmet": ("import a_library_that_nobody_has", "a_library_that_nobody_has"),
    "empty": ("", "connector"),
    "noSpec": ("connector = 5", "no connector spec"),
    "renamed": (
        "import dataclasses\nfrom connectors.whatsapp import connector as other\nconnector = dataclasses.replace(other, kind='else')",
        "else",
    ),
}


def test_a_broken_folder_is_reported_and_takes_no_other_with_it(new_folders):
    for name, (text, _) in BROKEN.items():
        put(new_folders, name, text)
    found = {one.name: one for one in connectors()}
    for name, (_, words) in BROKEN.items():
        assert found[name].spec is None
        assert words in found[name].problem
    assert [found[one.name].spec for one in FOUND] == [one.spec for one in FOUND]


def test_a_folder_that_is_no_package_is_none(new_folders):
    (new_folders / "notes").mkdir()
    (new_folders / "loose.py").write_text("raise RuntimeError", encoding="utf-8")
    assert [found.name for found in connectors()] == [found.name for found in FOUND]


SMOKE = '''
    """Smoke signals: the smallest connector there can be."""
    from dataclasses import dataclass, field
    from datetime import UTC, datetime, timedelta

    from webcare.domain.message import Author, Kind
    from webcare.ports.connector import Capability, Element, Heard, Limits, Sort, Spec
    from webcare.ports.errors import Unavailable


    @dataclass(frozen=True, slots=True, kw_only=True)
    class Config:
        hill: str = field(metadata={"help": "where the fire is"})
        base_url: str = field(default="https://hill.example", metadata={"help": "who watches it"})


    def split(body):
        if "puffs" not in body:
            return [Element(where="", value=None)]
        return [Element(where=f"puffs[{n}]", value=puff) for n, puff in enumerate(body["puffs"])]


    def read(element, me):
        if element.value is None:
            return [Heard(sort=Sort.IGNORED, channel_kind="smoke", reason="other platform")]
        at = datetime.fromtimestamp(element.value["at"], UTC)
        by = Author(id=element.value["by"])
        return [Heard(sort=Sort.MESSAGE, channel_kind="smoke", external_id=element.value["id"], conversation_id=by.id, kind=Kind.DM,
                      author=by, text=element.value["says"], created_at=at)]


    connector = Spec(kind="smoke", config=Config, account="hill", secrets=("tinder",), capabilities=frozenset({Capability.WEBHOOK}), pace=timedelta(minutes=1),
                     limits=Limits(length=3), simulator="connectors.smoke.simulator:app", split=split, read=read,
                     explain=lambda status, headers, body, now: Unavailable("rain"), verify=lambda headers, raw, secrets: False)
'''


def test_a_new_folder_is_a_new_connector_and_nothing_else_has_to_change(new_folders, capfdbinary):
    put(new_folders, "smoke", SMOKE)
    payload = new_folders / "payload.json"
    payload.write_text(
        json.dumps([{"puffs": [{"id": "p1", "at": 1795424400, "by": "hill-7", "says": "help"}, {"id": "p2"}]}, {}]),
        encoding="utf-8",
    )
    status = cli.main(["normalize", "smoke", str(payload)])
    found = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert status == 1
    assert [line["event"] for line in found] == ["message", "unreadable", "ignored"]
    assert (found[0]["text"], found[0]["channel_kind"], found[0]["file"], found[0]["created_at"]) == (
        "help",
        "smoke",
        str(payload),
        "2026-11-23T09:00:00Z",
    )
    for line in found:
        check({name: value for name, value in line.items() if name != "file"}, "smoke")


def test_an_unknown_connector_is_told_which_there_are(capsys):
    assert cli.main(["normalize", "carrier_pigeon", "-"]) == 2
    said = capsys.readouterr().err
    assert "carrier_pigeon" in said
    assert all(spec.kind in said for spec in SPECS)
