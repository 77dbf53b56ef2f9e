"""What the journal shows: one stream, JSON or text, and in neither a token, an address with a secret, or a local variable."""

from __future__ import annotations

import json
import logging
import sys
import warnings

import pytest
import structlog

from webcare import logs

TOKEN = "EAAGm0PX4ZCpsBAKZB7Tt9fVh3QwErTy"  # noqa: S105 - it opens nothing


class Stderr:
    """What was written to standard error so far."""

    def __init__(self, capsys):
        self._capsys, self._seen = capsys, ""

    def getvalue(self):
        self._seen += self._capsys.readouterr().err
        return self._seen


@pytest.fixture
def stream(capsys):
    """Standard error, and the logging of this process as it was afterwards."""
    root = logging.getLogger()
    names = (*logs.OURS, *logs.QUIET)
    was = (list(root.handlers), root.level, {name: logging.getLogger(name).level for name in names}, warnings.showwarning)
    yield Stderr(capsys)
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers, level, levels, warnings.showwarning = was
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def ours():
    return structlog.get_logger("webcare.services.poll")


def test_a_service_writes_json_with_utc_times_and_levels(stream):
    logs.configure("auto")
    ours().warning("channel.failing", channel="twitter:42", failures=3)
    (line,) = lines(stream)
    assert line["timestamp"].endswith("Z")
    assert {k: v for k, v in line.items() if k != "timestamp"} == {
        "event": "channel.failing",
        "level": "warning",
        "channel": "twitter:42",
        "failures": 3,
    }


def test_a_person_reads_text(stream, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    logs.configure("auto")
    ours().info("case.escalated", case=51, rung="alert")
    assert "case.escalated" in stream.getvalue()
    assert "case=51 rung=alert" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_libraries_write_into_the_same_stream(stream):
    logs.configure("json")
    logging.getLogger("apscheduler.scheduler").warning("Run time of job %r was missed", "watch")
    logging.getLogger("apscheduler.executors.default").info("Running job")  # each second
    (line,) = lines(stream)
    assert line["event"] == "Run time of job 'watch' was missed"
    assert (line["level"], line["logger"]) == ("warning", "apscheduler.scheduler")


def test_warnings_do_not_break_the_lines(stream):
    logs.configure("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)  # pytest has put its own in between
        logging.captureWarnings(capture=True)
        warnings.warn("old and tired", DeprecationWarning, stacklevel=1)
    assert "old and tired" in lines(stream)[0]["event"]


@pytest.mark.parametrize("name", ["tweepy.client", "urllib3.connectionpool", "apprise", "aiohttp.access"])
def test_libraries_that_log_tokens_are_kept_quiet(stream, name):
    logs.configure("json", "debug")
    logging.getLogger(name).error("GET /2/users/me Authorization: Bearer %s", TOKEN)
    assert stream.getvalue() == ""


def test_the_level_can_be_changed_while_it_runs(stream):
    logs.configure("json", "warning")
    ours().info("not.shown")
    logs.set_level("debug")
    ours().debug("shown")
    logging.getLogger("asyncio").debug("using selector")
    assert [line["event"] for line in lines(stream)] == ["shown"]


def test_configured_twice_a_line_is_written_once(stream):
    logs.configure("json")
    logs.configure("json")
    ours().info("once")
    assert len(lines(stream)) == 1


@pytest.mark.parametrize("format_", ["json", "text"])
def test_a_traceback_shows_neither_local_variables_nor_tokens(stream, format_):
    """The words of a message stood in the journal, as a local variable of the frame that stumbled over it."""

    def stumble():
        held = "mijn moeder ligt in het ziekenhuis"
        raise ValueError(f"{len(held)} at https://graph.facebook.com/v23.0/me?access_token={TOKEN}")

    logs.configure(format_)
    try:
        stumble()
    except ValueError:
        ours().exception("poll.crashed", channel="facebook:1")
        logging.getLogger("aiohttp.server").exception("Error handling request")
    written = stream.getvalue()
    assert written.count("34 at https://graph.facebook.com/v23.0/me?") == 2
    assert "in stumble" in written
    assert "ziekenhuis" not in written
    assert TOKEN not in written
    assert "access_token" not in written


def test_what_stands_under_the_name_of_a_secret_is_gone(stream):
    logs.configure("json")
    ours().info("odd", app_secret="x y", headers={"Authorization": "x", "Host": "h"}, tokens_left=3, why=ValueError(TOKEN))  # noqa: S106 - as above
    (line,) = lines(stream)
    assert (line["app_secret"], line["headers"], line["tokens_left"]) == ("…", {"Authorization": "…", "Host": "h"}, 3)
    assert line["why"] == "…"


REDACTED = [
    (f"https://api.x.com/2/tweets?max_results=5&token={TOKEN}", "https://api.x.com/2/tweets?…"),
    ("GET /hooks/ab12?hub.verify_token=zeer-geheim HTTP/1.1", "GET /hooks/ab12?… HTTP/1.1"),
    (f"Authorization: Bearer {TOKEN}", "Authorization: …"),
    ("{'Authorization': 'Bearer abc', 'a': 1}", "{'Authorization': …, 'a': 1}"),
    ('{"access_token": "x y", "b": 2}', '{"access_token": …, "b": 2}'),
    ("X-Hub-Signature-256: sha256=0a0b", "X-Hub-Signature-256: …"),
    ("password=hunter2, user=noor", "password=…, user=noor"),
    ("bearer AAAAaaaa1111", "bearer …"),
    ("tgram://123456:ABC-DEF/987 failed", "tgram://… failed"),
    ("mailto://noor:pw@example.nl", "mailto://…"),
    ("postgresql://webcare:pw@db.local/webcare", "postgresql://…@db.local/webcare"),
    (f"status 190 for {TOKEN}", "status 190 for …"),
    (f"secret {'0f' * 16} used", "secret … used"),
    ("https://hooks.slack.com/services/T000/B000/aB3dE6gH9jK2mN5pQ8sT1vW4", "https://hooks.slack.com/services/T000/B000/…"),
]
KEPT = [
    "cannot route m1",
    'File "/usr/lib/python3.11/site-packages/webcare/services/channel_health.py", line 12, in _silent_channels_of_a_weekday',
    "the database /var/lib/webcare/webcare.db is locked by another process that writes",
    "sqlite:////var/lib/webcare/webcare.db",
    "2026-11-23T09:00:00.000000Z",
    "rate limited until 2026-11-23T09:00:00+00:00",
    "Is it so? And/or not? a/b?",
    "reply:12:2026-11-23T09:00:00+00:00",
]


@pytest.mark.parametrize(("text", "shown"), REDACTED)
def test_what_proves_who_we_are_is_redacted(text, shown):
    assert logs.redacted(text) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_an_operator_needs_stays(text):
    assert logs.redacted(text) == text


@pytest.mark.parametrize("format_", ["json", "text"])
def test_a_line_steers_no_terminal(stream, format_):
    logs.configure(format_)
    logging.getLogger("aiohttp.server").error("bad path /\x1b[2J\x9b31m\u202ex")
    ours().info("poll.failing", reason="\x1b]0;pwned\x07")
    assert not set("\x1b\x9b\u202e\x07") & set(stream.getvalue())
