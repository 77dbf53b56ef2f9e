"""What hurts a reader: long functions, long files, names that say nothing, errors that disappear."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_PROMISE = 80, 400, 150

# "path" or "path:function" -> why it may be longer. An entry that is no longer needed fails.
EXCEPTIONS: dict[str, str] = {}

# "path:function" -> why it may take whatever comes. What a handler raises again is none of these.
TAKES_ANYTHING = {
    "sentiment/worker.py:_ask": "the runner around a model: the stand-in answers what it stumbles over",
    "sentiment/worker.py:_silence": "the runner around a model: it tells whether the model or a text is to blame",
    "sentiment/worker.py:loaded": "the runner around a model: whatever keeps it from loading, messages are answered",
    "webcare/demo/beat.py:beat": "the top of a task: what one of the demo's people fails at must not end the town",
    "webcare/classify_lines.py:one_by_one": "the runner around a plugin: a text that a model fails on harms only itself",
    "webcare/model_training.py:_read_of": "the runner around a model: a text that it fails on harms only itself",
    "webcare/discovery.py:_load": "the runner around a plugin: a folder that cannot be imported is reported",
    "webcare/engine.py:Engine._once": "the top of a task: one row's trouble must not stop the others",
    "webcare/import_commands.py:BackFill._apply": "one line that we stumble over must not take the others with it",
    "webcare/services/alone.py:each_alone": "one that we stumble over must not take the others of its transaction back with it",
    "webcare/services/carry_out.py:_attempt": "the runner around a plugin",
    "webcare/services/collect.py:_keep": "one body that we stumble over must not hold up the others",
    "webcare/services/collect.py:_keep_each": "one message that we stumble over must not take its body with it",
    "webcare/services/collect.py:_take_in": "the runner around a plugin: what it says may be anything",
    "webcare/services/hearing.py:parts": "the runner around a plugin",
    "webcare/services/hearing.py:_part": "the runner around a plugin",
    "webcare/services/deliver.py:_attempt": "the runner around a plugin",
    "webcare/services/rejudge.py:bring_up_to_date": "one case that cannot be computed must not keep the others under old rules",
    "webcare/services/reread.py:reread": "one message that we stumble over must not keep the others of its batch",
    "webcare/services/reread.py:_settle_alone": "as above",
    "webcare/services/triage.py:classify_all": "the runner around a plugin",
    "webcare/services/triage.py:triage": "one text that we stumble over must not silence the others of its batch",
    "webcare/services/triage.py:_route_alone": "as above",
    "webcare/services/ways.py:_told": "the runner around a plugin: what it says may be anything",
    "webcare/services/watch.py:_settled": "one case that cannot be computed must not silence the deadlines of the others",
    "webcare/web/events.py:Events._watch": "the top of a task: pages that hear nothing more look as if all were calm",
    "webcare/web/pages.py:Pages.errors": "the top of a request: whatever a page stumbled over is shown without a word of how we are built",
    "webcare/store/sqlite.py:SQLiteStore._commit": "the top of the writer's thread: whatever a unit raised goes to its own caller",
    "webcare/store/sqlite.py:_leave": "a rollback after a failure must not hide that failure",
}

NOTHING_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}


def length(node):
    return node.end_lineno - node.lineno + 1


def test_functions_and_files_are_short(sources, capsys):
    functions = {f"{source.path}:{name}": length(node) for source in sources for name, node in source.functions}
    files = {source.path: len(source.text.splitlines()) for source in sources}
    ranked = sorted(functions.values())
    with capsys.disabled():
        p95 = ranked[int(len(ranked) * 0.95)]
        print(f"\n{len(ranked)} functions, lines: median {ranked[len(ranked) // 2]}, p95 {p95}, longest {ranked[-1]}")  # noqa: T201 - the figure is wanted
    too_long = {name for name, lines in functions.items() if lines > LONGEST_FUNCTION}
    too_long |= {name for name, lines in files.items() if lines > LONGEST_FILE}
    assert too_long == EXCEPTIONS.keys()
    assert all(EXCEPTIONS.values())


def test_the_promise_is_one_page():
    page = (ROOT / "webcare/domain/sla/promise.py").read_text(encoding="utf-8")
    assert len(page.splitlines()) <= LONGEST_PROMISE


def test_names_say_something(sources):
    parts = {part for source in sources for part in Path(source.path).with_suffix("").parts}
    assert not parts & NOTHING_NAMES


def test_what_is_to_be_done_is_an_issue_and_not_a_comment(tracked):
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    code = [name for name in tracked if name.endswith((".py", ".toml", ".mako", ".sh")) or name in {"Makefile", ".ci/run"}]
    assert len(code) > 50
    assert not [name for name in code if words.search((ROOT / name).read_text(encoding="utf-8"))]


def is_broad(handler):
    names = ast.walk(handler.type) if handler.type is not None else ()
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def raises_again(handler):
    return isinstance(handler.body[-1], ast.Raise)


def takes_anything(node):
    """Whether this node swallows what it does not know."""
    if isinstance(node, ast.ExceptHandler):
        return is_broad(node) and not raises_again(node)
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "suppress":
        return any(isinstance(arg, ast.Name) and arg.id in {"Exception", "BaseException"} for arg in node.args)
    return False


def test_only_the_top_of_a_task_and_the_runner_of_a_plugin_take_any_exception(sources):
    bare = [
        f"{s.path}:{node.lineno}"
        for s in sources
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ExceptHandler) and not node.type
    ]
    assert bare == []
    found = {
        f"{source.path}:{name}"
        for source in sources
        for name, function in source.functions
        if any(takes_anything(node) for node in ast.walk(function))
    }
    in_functions = {id(node) for s in sources for _, f in s.functions for node in ast.walk(f)}
    outside = [s.path for s in sources for node in ast.walk(s.tree) if takes_anything(node) and id(node) not in in_functions]
    assert outside == []
    assert found == TAKES_ANYTHING.keys()


def test_no_assertion_decides_anything(sources):
    """`python -O` takes them out."""
    found = [f"{s.path}:{node.lineno}" for s in sources for node in ast.walk(s.tree) if isinstance(node, ast.Assert)]
    assert found == []


@pytest.mark.parametrize(
    "snippet",
    ["try: ...\nexcept Exception: pass", "with suppress(BaseException): ...", "try: ...\nexcept (OSError, Exception): pass"],
)
def test_what_would_swallow_an_error_is_seen(snippet):
    assert any(takes_anything(node) for node in ast.walk(ast.parse(snippet)))
