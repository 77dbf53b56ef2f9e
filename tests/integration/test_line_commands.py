"""`webcare classify` and `webcare sla evaluate` as an operator's pipe sees them: streams, refusals, exit codes, field names."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from webcare import __version__
from webcare.classify_lines import read_request
from webcare.cli import _parser, main
from webcare.domain.durations import parse_duration
from webcare.domain.message import Kind
from webcare.lines import MAX_LINE, MAX_REASON

ROOT = Path(__file__).parents[2]
CLASSIFY, EVALUATE = ("classify",), ("sla", "evaluate")
NOW = "2026-11-23T12:00:00Z"
OFFICE = {"timezone": "Europe/Amsterdam", "hours": {"mon": [["09:00", "17:30"]], "fri": [["09:00", "17:30"]]}}


def message(id_="a", text="Waar blijft mijn pakket?", **fields):
    return json.dumps({"id": id_, "text": text, **fields})


def case(id_="a", **fields):
    return json.dumps(
        {
            "id": id_,
            "now": NOW,
            "policy": {"first_response": "PT24H", "ladder": [{"share": 0.5, "step": "inbox"}]},
            "events": [{"at": "2026-11-23T09:00:00Z", "type": "inbound"}],
            **fields,
        }
    )


GOOD = {CLASSIFY: message, EVALUATE: case}


@contextmanager
def started(*arguments, **options):
    """Run the command line as a process; a hang ends it, and so the read that waited for it."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([sys.executable, "-m", "webcare.cli", *arguments], cwd=ROOT, **options) as process:
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def piped(*arguments, data=b"", **options):
    """Return exit status, standard output and standard error of a run with these bytes on standard input."""
    with started(*arguments, **options) as process:
        out, err = process.communicate(data)
    return process.returncode, out, err.decode()


@pytest.fixture
def answered(monkeypatch, capsys):
    """Run the command line here, with bytes on standard input; return exit status, answers, and lines of complaint."""

    def run(command, data):
        data = data if isinstance(data, bytes) else data.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        status = main([*command])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err.splitlines()

    return run


# --- streams


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
def test_each_answer_is_out_before_the_next_line_is_in(command):
    with started(*command) as process:
        for id_ in ("first", "second", "third"):
            process.stdin.write(GOOD[command](id_).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == id_
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0


def test_a_refusal_is_out_before_the_next_line_is_in():
    with started(*CLASSIFY) as process:
        process.stdin.write(b"nonsense\n")
        process.stdin.flush()
        assert process.stderr.readline().startswith(b"line 1: line: not JSON")
        process.stdin.write(message("after").encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == "after"


def message_line(i):
    return message(str(i), f"Vraag {i}: waar blijft order {i}? " + "bla " * 5, padding="x" * 900)


def case_line(i):
    own = {**OFFICE, "holidays": [f"{2027 + i // 10 % 900}-01-04"]}  # a calendar of its own for every tenth line
    policy = {"first_response": "PT9H", "calendar": "office", "ladder": [{"share": 0.5, "step": "inbox"}]}
    return case(str(i), policy=policy, calendars={"office": own}, padding="x" * 900)


def peak_of(tmp_path, command, line, count):
    """Return the most memory that the command held, in the system's units, as its parent is told."""
    file = tmp_path / f"{count}.jsonl"
    with file.open("w") as lines:
        lines.writelines(f"{line(i)}\n" for i in range(count))
    measuring = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'webcare.cli', *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    run = [sys.executable, "-c", measuring, *command, str(file)]
    found = subprocess.run(run, cwd=ROOT, check=True, capture_output=True).stdout
    file.unlink()
    return int(found)


@pytest.mark.parametrize(
    ("command", "line", "few", "many"),
    [
        pytest.param(CLASSIFY, message_line, 200, 6_000, id="classify"),
        pytest.param(
            EVALUATE, case_line, 800, 6_000, id="evaluate", marks=pytest.mark.slow
        ),  # more than enough to fill the calendars that are kept
        pytest.param(CLASSIFY, message_line, 2_000, 100_000, id="classify-long", marks=pytest.mark.slow),
        pytest.param(EVALUATE, case_line, 2_000, 40_000, id="evaluate-long", marks=pytest.mark.slow),
    ],
)
def test_memory_does_not_grow_with_the_file(tmp_path, command, line, few, many):
    """Holding lines or answers would show: the longer file alone is a good part of the process."""
    assert peak_of(tmp_path, command, line, many) < 1.08 * peak_of(tmp_path, command, line, few)


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    file = tmp_path / "many.jsonl"
    file.write_text(f"{message()}\n" * 3_000)
    with started(*CLASSIFY, str(file)) as process:
        assert process.stdout.readline()
        process.stdout.close()  # what `| head -1` does
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
def test_answers_come_in_the_order_of_the_lines(answered, command):
    ids = [f"n{i}" for i in range(40)]
    status, answers, complaints = answered(command, "\n".join(map(GOOD[command], ids)))
    assert (status, complaints) == (0, [])
    assert [answer["id"] for answer in answers] == ids


# --- refusals

BAD = {
    "no JSON": (b"nonsense", "line"),
    "half a line": (b'{"id": "b", "text', "line"),
    "a list": (b"[1]", "line"),
    "a number": (b"5", "line"),
    "null": (b"null", "line"),
    "no UTF-8": (b'{"id": "b", "text": "\xff"}', "line"),
    "a raw NUL": (b'{"id": "b", "text": "x\x00"}', "line"),
    "nested too deep": (b"[" * 200_000, "line"),
    "nested too deep inside": (b'{"id": "b", "text": "x", "now": ' + b'{"a":' * 200_000, "line"),
    "a number too long to read": (b'{"id": "b", "text": "x", "n": ' + b"9" * 5_000 + b"}", "line"),
    "NaN": (b'{"id": "b", "text": "x", "n": NaN}', "line"),
    "Infinity": (b'{"id": "b", "text": "x", "n": -Infinity}', "line"),
}


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_is_named_and_the_others_are_answered(answered, command, bad):
    raw, field = BAD[bad]
    good = GOOD[command]
    data = b"\n".join([good("before").encode(), b"", raw, good("after").encode()])
    status, answers, complaints = answered(command, data)
    assert status == 1
    assert [answer["id"] for answer in answers] == ["before", "after"]
    assert len(complaints) == 1
    assert re.match(rf"line 3: {field}: \w", complaints[0])
    assert len(complaints[0]) <= MAX_REASON + 20


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"text": "x"}, "id"),
        ({"id": "b"}, "text"),
        ({"id": 5, "text": "x"}, "id"),
        ({"id": None, "text": "x"}, "id"),
        ({"id": "b", "text": None}, "text"),
        ({"id": "b", "text": ["x"]}, "text"),
        ({"id": "b", "text": "x", "lang": 5}, "lang"),
        ({"id": "b", "text": "x", "context": 5}, "context"),
        ({"id": "b", "text": "x", "context": []}, "context"),
        ({"id": "b", "text": "x", "context": {}}, "context"),
        ({"id": "b", "text": "x", "context": {"text": None}}, "context"),
    ],
)
def test_classify_names_the_field_that_is_wrong(answered, line, field):
    status, answers, complaints = answered(CLASSIFY, f"{json.dumps(line)}\n{message('after')}\n")
    assert (status, [answer["id"] for answer in answers]) == (1, ["after"])
    assert complaints[0].startswith(f"line 1: {field}: ")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"now": None}, "now"),
        ({"now": 5}, "now"),
        ({"now": "2026-11-23T12:00:00"}, "now"),
        ({"policy": "x"}, "policy"),
        ({"policy": []}, "policy"),
        ({"calendars": []}, "calendars"),
        ({"calendars": {"o": 5}}, "calendars.o"),
        ({"calendars": {"o": {**OFFICE, "timezone": "Mars/Olympus"}}}, "calendars.o.timezone"),
        ({"calendars": {"o": {**OFFICE, "country": "XX"}}}, "calendars.o.country"),
        ({"calendars": {"o": {**OFFICE, "hours": {}}}}, "calendars.o.hours"),
        ({"calendars": {"o": {**OFFICE, "hours": {"mon": [["17:00", "09:00"]]}}}}, "calendars.o.hours.mon"),
        ({"policy": {"calendar": "nowhere"}}, "policy.calendar"),
        ({"policy": {"first_response": "P1M"}}, "policy.first_response"),
        ({"policy": {"first_response": "-PT1H"}}, "policy.first_response"),
        ({"policy": {"ladder": [{"step": "x"}]}}, r"policy.ladder\[0\]"),
        ({"events": {}}, "events"),
        ({"events": ""}, "events"),
        ({"events": [5]}, r"events\[0\]"),
        ({"events": [{"type": "inbound"}]}, r"events\[0\].at"),
        ({"events": [{"at": NOW, "type": "shout"}]}, r"events\[0\].type"),
        ({"events": [{"at": NOW, "type": "inbound", "needs_response": "yes"}]}, r"events\[0\].needs_response"),
        ({"events": [{"at": NOW, "type": "promise", "within": "P1Y"}]}, r"events\[0\].within"),
        ({"events": [{"at": NOW, "type": "state", "to": ["pending"]}]}, r"events\[0\].to"),
        ({"reply_window": {}}, "reply_window.length"),
    ],
)
def test_evaluate_names_the_field_that_is_wrong(answered, fields, field):
    """Among them `to` as a list, which went into a set of states and came out as a traceback; and wrong types that are empty, which
    passed for absent."""
    status, answers, complaints = answered(EVALUATE, f"{case('b', **fields)}\n{case('after')}\n")
    assert (status, [answer["id"] for answer in answers]) == (1, ["after"])
    assert re.match(rf"line 1: {field}: \w?", complaints[0])


def test_a_time_that_no_calendar_reaches_is_refused(answered):
    events = [{"at": "9999-12-31T23:00:00Z", "type": "inbound"}]
    status, answers, _ = answered(EVALUATE, case(now="9999-12-31T23:59:59Z", events=events))
    assert (status, answers) == (1, [])


def test_a_line_that_never_ends_is_refused_and_not_read_whole():
    with started(*CLASSIFY) as process:
        for _ in range(MAX_LINE // 65_536 + 2):
            process.stdin.write(b"x" * 65_536)
        process.stdin.write(b"\n" + message("after").encode() + b"\n")
        out, err = process.communicate()
    assert process.returncode == 1
    assert err.decode().startswith("line 1: line: longer than 16 MiB")
    assert json.loads(out)["id"] == "after"


def test_a_reason_stays_on_its_line_and_off_the_terminals_controls(answered):
    """A calendar called "a\\nb" once split its refusal in two, and one called ESC[31m coloured the operator's terminal."""
    for name in ("a\nb", "\x1b[31m", "\u202e", "x" * 100_000):
        status, _, complaints = answered(EVALUATE, case(calendars={name: 5}))
        assert (status, len(complaints)) == (1, 1)
        assert complaints[0].isprintable()
        assert len(complaints[0]) <= MAX_REASON + 20


# --- what is no error


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
@pytest.mark.parametrize("empty", [b"", b"\n", b"\r\n\n  \n", b"\xef\xbb\xbf"])
def test_nothing_in_nothing_out(answered, command, empty):
    assert answered(command, empty) == (0, [], [])


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
def test_byte_order_mark_blank_lines_carriage_returns_and_a_missing_last_newline(answered, command):
    good = GOOD[command]
    data = f"\ufeff{good('a')}\r\n\r\n\n   \n{good('b')}\r\n{good('c')}"
    status, answers, complaints = answered(command, data)
    assert (status, [answer["id"] for answer in answers], complaints) == (0, ["a", "b", "c"], [])


@pytest.mark.parametrize("text", ["\\ud800 waar blijft het?", "\\udc00", "a\\u0000b", "\\u2028", "\\ud83d\\ude00 top"])
def test_texts_that_no_database_keeps_are_classified(answered, text):
    status, answers, _ = answered(CLASSIFY, f'{{"id": "a", "text": "{text}"}}')
    assert (status, len(answers)) == (0, 1)
    check_verdict(answers[0])


@pytest.mark.parametrize(("command", "rest"), [(CLASSIFY, '"text": "x"'), (EVALUATE, f'"now": "{NOW}"')])
def test_half_a_surrogate_pair_in_an_id_comes_back_as_it_was(command, rest):
    """It could not be written as UTF-8, and the line was refused for `'utf-8' codec can't encode character`, with no field."""
    status, out, err = piped(*command, data=f'{{"id": "\\ud800é", {rest}}}\n'.encode())
    assert (status, err) == (0, "")
    assert json.loads(out)["id"] == "\ud800é"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_json_is_utf_8_whatever_the_terminal_speaks(encoding):
    """With another locale, an id outside of it was refused as if the line were wrong."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    status, out, err = piped(*CLASSIFY, data=message("é€😀").encode(), env=environment)
    assert (status, err) == (0, "")
    assert json.loads(out.decode("utf-8"))["id"] == "é€😀"


# --- exit codes


def not_started(capsys, *arguments):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("webcare: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("command", [CLASSIFY, EVALUATE])
def test_a_file_that_cannot_be_read_stops_the_command_with_one_sentence(capsys, tmp_path, command):
    assert "nothing.jsonl" in not_started(capsys, *command, str(tmp_path / "nothing.jsonl"))
    not_started(capsys, *command, str(tmp_path))


def test_a_model_that_is_none_stops_the_command_with_one_sentence(capsys, tmp_path):
    assert str(tmp_path) in not_started(capsys, *CLASSIFY, "--model", str(tmp_path))


@pytest.mark.parametrize("arguments", [[], ["shout"], ["classify", "--shout"], ["sla"], ["sla", "shout"], ["classify", "a", "b"]])
def test_wrong_usage_is_exit_2(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: webcare" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "x", "9" * 30, "²"])
def test_a_limit_that_no_database_counts_to_is_wrong_usage(capsys, limit):
    """30 digits were a traceback from the driver, and -1 meant all on one database and an error on the other."""
    with pytest.raises(SystemExit) as ended:
        main(["cases", "--db", "x.db", f"--limit={limit}"])
    assert ended.value.code == 2
    assert "a number from 1 to" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_a_full_disk_under_the_answers_is_one_sentence():
    """It was a traceback, and another one when Python tried to write the same bytes again at its end."""
    with Path("/dev/full").open("wb") as full:
        status, _, err = piped(*CLASSIFY, data=message().encode(), stdout=full)
    assert (status, err) == (2, "webcare: No space left on device\n")


@pytest.mark.parametrize(("closing", "name"), [("<&-", "input"), (">&-", "output")])
def test_a_stream_that_was_closed_is_one_sentence(closing, name):
    """Python has no such stream then, and the command ended in `'NoneType' object has no attribute 'buffer'`."""
    command = ["/bin/sh", "-c", f'exec "$0" -m webcare.cli classify {closing}', sys.executable]
    ended = subprocess.run(command, cwd=ROOT, input=message().encode(), capture_output=True, check=False)
    assert (ended.returncode, ended.stderr.decode()) == (2, f"webcare: standard {name} is closed\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"webcare {__version__}\n"


def commands(parser, path=()):
    """Yield every command that runs, as words and parser."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield path, parser
    for action in below:
        for name, child in action.choices.items():
            yield from commands(child, (*path, name))


@pytest.mark.parametrize("path", [path for path, _ in commands(_parser())], ids=" ".join)
def test_every_command_explains_itself_and_takes_a_config(capsys, path):
    with pytest.raises(SystemExit) as ended:
        main([*path, "--help"])
    assert ended.value.code == 0
    assert "--config FILE" in capsys.readouterr().out


# --- the contract: field names and types, exactly

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SPAN = re.compile(r"-?PT\d+(\.\d+)?S")
READING = {"state", "started_at", "due_at", "stopped_at", "elapsed", "slack"}
CLOCKS = {"first_response", "next_response", "resolution", "keep_in_loop", "reply_window"}
INTENTS = {"question", "complaint", "praise", "courtesy"}


def is_share(value):
    return isinstance(value, float) and 0 <= value <= 1


def check_verdict(answer, *, explained=False):
    scores = {"sentiment_scores", "intent_scores", "needs_response_score", "urgency_score"}
    plain = {"id", "lang", "sentiment", "intents", "needs_response", "unsure", "urgency", "model"}
    assert answer.keys() == plain | scores | ({"why"} if explained else set())
    assert re.fullmatch(r"[a-z]{2}|und", answer["lang"])
    assert answer["sentiment"] in answer["sentiment_scores"]
    assert answer["sentiment_scores"].keys() == {"negative", "neutral", "positive"}
    assert sum(answer["sentiment_scores"].values()) == pytest.approx(1, abs=0.001)
    assert set(answer["intents"]) <= INTENTS
    assert len(set(answer["intents"])) == len(answer["intents"])
    assert answer["intent_scores"].keys() == INTENTS
    assert all(map(is_share, [*answer["sentiment_scores"].values(), *answer["intent_scores"].values()]))
    assert is_share(answer["needs_response_score"])
    assert is_share(answer["urgency_score"])
    assert {type(answer["needs_response"]), type(answer["unsure"])} == {bool}
    assert answer["urgency"] in {"high", "normal"}
    assert isinstance(answer["model"], str)
    assert answer["model"]
    for reason in answer.get("why", ()):
        assert {name: type(value) for name, value in reason.items()} == {"word": str, "label": str, "weight": float}


def check_reading(reading, *, states):
    assert reading["state"] in states
    times, spans = [reading[name] for name in ("started_at", "due_at", "stopped_at")], [reading["elapsed"], reading["slack"]]
    if reading["state"] == "none":
        assert not any([*times, *spans])
        return
    assert INSTANT.fullmatch(reading["started_at"])
    assert all(at is None or INSTANT.fullmatch(at) for at in times)
    assert all(SPAN.fullmatch(span) for span in spans)


def check_evaluation(answer):
    assert answer.keys() == {"id", "clocks", "next_due", "steps_due", "next_check_at", "trace"}
    assert answer["clocks"].keys() == CLOCKS
    for name, reading in answer["clocks"].items():
        assert reading.keys() == READING | ({"worst"} if name == "next_response" else set())
        states = {"running", "met", "missed", "dropped", "none"} | ({"closed"} if name == "reply_window" else set())
        check_reading(reading, states=states)
    worst = answer["clocks"]["next_response"]["worst"]
    if worst is not None:
        assert worst.keys() == READING
        check_reading(worst, states={"running", "met", "missed", "dropped"})
    if answer["next_due"] is not None:
        assert answer["next_due"].keys() == {"clock", "at"}
        assert answer["next_due"]["clock"] in CLOCKS
        assert INSTANT.fullmatch(answer["next_due"]["at"])
    assert all(isinstance(step, str) for step in answer["steps_due"])
    assert answer["next_check_at"] is None or INSTANT.fullmatch(answer["next_check_at"])
    check_trace(answer)


def check_trace(answer):
    trace = answer["trace"]
    for span in trace:
        assert span.keys() == {"from", "to", "counted", "why"}
        assert isinstance(span["counted"], bool)
        assert re.match(r"open$|closed: |paused: |case closed$|ignored: ", span["why"])
    assert all(before["to"] == after["from"] for before, after in pairwise(trace))
    if answer["next_due"] is None or answer["next_due"]["clock"] == "reply_window":
        return
    reading = answer["clocks"][answer["next_due"]["clock"]]
    if reading["started_at"] != trace[0]["from"]:
        return  # an earlier exchange of that clock
    until = reading["stopped_at"] or NOW
    counted = [(span["from"], min(span["to"], until)) for span in trace if span["counted"] and span["from"] < until]
    total = sum((datetime.fromisoformat(end) - datetime.fromisoformat(start) for start, end in counted), timedelta())
    assert total == parse_duration(reading["elapsed"])


TEXTS = [
    "Waar blijft mijn pakket? Ik wacht al drie weken!!",
    "Thanks, that solved it",
    "TOP geholpen door Sanne, 10/10 😀",
    "Mijn modem staat in brand, bel 112",
    "¿Dónde está mi pedido?",
    "https://example.org",
    "@brand",
    "",
    " ",
    "😡" * 50,
    "x" * 20_000,
]


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explained"])
def test_verdicts_have_exactly_the_fields_of_the_contract(answered, explain):
    lines = "\n".join(message(str(i), text) for i, text in enumerate(TEXTS))
    status, answers, complaints = answered([*CLASSIFY, *(["--explain"] if explain else [])], lines)
    assert (status, complaints, len(answers)) == (0, [], len(TEXTS))
    for answer in answers:
        check_verdict(answer, explained=explain)
    assert any(answer.get("why") for answer in answers) == explain


def test_empty_text_is_noise(answered):
    _, (answer,), _ = answered(CLASSIFY, message(text=""))
    assert (answer["intents"], answer["needs_response"], answer["unsure"]) == ([], False, False)


POLICY = {
    "first_response": "PT4H",
    "next_response": "PT2H",
    "resolution": "P5D",
    "keep_in_loop": "P1D",
    "pause_states": ["pending"],
    "reopen_within": "P7D",
    "ladder": [{"share": 0.5, "step": "inbox"}, {"left": "PT1H", "step": "page"}, {"share": 1.0, "step": "breach"}],
}


def on(day, hour, type_="inbound", **fields):
    return {"at": f"2026-11-{day}T{hour:02d}:00:00Z", "type": type_, **fields}


LOGS = {
    "nothing": [],
    "waiting": [on(23, 9)],
    "missed": [on(20, 9)],
    "answered": [on(23, 9), on(23, 10, "answer", ref="a")],
    "withdrawn": [on(23, 9), on(23, 10, "answer", ref="a"), on(23, 11, "withdrawn", ref="a")],
    "exchanges": [on(20, 9), on(20, 10, "answer"), on(20, 11), on(23, 9, "answer"), on(23, 10)],
    "paused": [on(20, 9), on(20, 10, "state", to="pending"), on(23, 9, "state", to="open")],
    "promise": [on(20, 9), on(20, 10, "promise", within="PT4H"), on(20, 11, "answer")],
    "closed": [on(20, 9), on(20, 10, "answer"), on(20, 11, "close"), on(21, 9), on(21, 10, "reopen")],
    "long ago": [
        {**on(20, 9), "at": "2026-10-01T09:00:00Z"},
        {**on(20, 9), "at": "2026-10-02T09:00:00Z", "type": "close"},
        on(20, 9),
    ],
    "others": [on(20, 9), on(20, 10, "note"), on(20, 11, "bot"), on(20, 12, "claim", by="ann"), on(20, 13, "community_answer")],
}


@pytest.mark.parametrize("calendar", [None, "office"])
@pytest.mark.parametrize("window", [None, {"length": "PT24H", "margin": "PT1H"}], ids=["no-window", "window"])
def test_evaluations_have_exactly_the_fields_of_the_contract(answered, calendar, window):
    policy = {**POLICY, "calendar": calendar}
    lines = [
        case(name, policy=policy, calendars={"office": OFFICE}, events=log, reply_window=window) for name, log in LOGS.items()
    ]
    status, answers, complaints = answered(EVALUATE, "\n".join(lines))
    assert (status, complaints) == (0, [])
    assert [answer["id"] for answer in answers] == list(LOGS)
    for answer in answers:
        check_evaluation(answer)


def test_a_policy_without_targets_has_no_clocks(answered):
    _, (answer,), _ = answered(EVALUATE, json.dumps({"id": "a", "now": NOW}))
    check_evaluation(answer)
    assert {reading["state"] for reading in answer["clocks"].values()} == {"none"}


# --- `channel` and `context` of classify

KINDS = {
    **{kind: Kind(kind) for kind in ("post", "comment", "mention", "dm", "review")},
    **dict.fromkeys(("messenger", "whatsapp", "telegram", "chat", "email"), Kind.DM),
    **dict.fromkeys(("facebook_comment", "facebook", "instagram"), Kind.COMMENT),
    "twitter": Kind.MENTION,
}


@pytest.mark.parametrize(("channel", "kind"), KINDS.items())
def test_channel_is_a_kind_or_a_platform(channel, kind):
    assert read_request(message(channel=channel)).kind is kind


@pytest.mark.parametrize("channel", [None, "", "DM", "myspace", 5, True, ["dm"], {"kind": "dm"}, "\ud800"])
def test_an_unknown_channel_is_ignored(answered, channel):
    """A list or an object as channel was looked up in a dictionary, and ended the whole stream with a traceback."""
    assert read_request(message(channel=channel)).kind is None
    status, answers, complaints = answered(CLASSIFY, f"{message(channel=channel)}\n{message()}\n")
    assert (status, complaints) == (0, [])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("context", "is_ours"),
    [
        ("We zoeken het uit", True),
        ({"text": "We zoeken het uit"}, True),
        ({"text": "We zoeken het uit", "by": "brand"}, True),
        ({"text": "We zoeken het uit", "by": "customer"}, False),
    ],
)
def test_context_is_the_message_replied_to_ours_unless_it_says_otherwise(answered, context, is_ours):
    request = read_request(message(context=context))
    assert (request.replied_to.text, request.replied_to.by_us, request.we_spoke_last) == ("We zoeken het uit", is_ours, is_ours)
    status, (answer,), _ = answered(CLASSIFY, message(text="ok", context=context))
    assert status == 0
    check_verdict(answer)


def test_without_context_nobody_has_spoken():
    for line in (message(), message(context=None)):
        request = read_request(line)
        assert (request.replied_to, request.we_spoke_last) == (None, False)


def test_a_config_that_is_not_there_is_a_slip_also_where_none_is_needed(capsys, tmp_path):
    """`webcare classify --config webcare.tmol` ran on the defaults and said nothing."""
    missing = str(tmp_path / "webcare.tmol")
    assert main(["classify", "--config", missing]) == 2
    assert capsys.readouterr().err == f"webcare: no config file {missing}\n"
