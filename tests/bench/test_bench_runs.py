"""The benches run, say what they found, and fail when a ratio is over its limit. Sizes are tiny: nothing is measured here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import rounds

HERE = Path(__file__).parent


def bench(name="a", *, ours=2.0, theirs=1.0, limit=None, unit="ms"):
    """A bench whose sides take what they are told to."""
    return rounds.Bench(name=name, unit=unit, against="nothing", ours=lambda: ours, theirs=lambda: theirs, limit=limit)


def report(tmp_path, *benches):
    file = tmp_path / "bench.json"
    status = rounds.report(rounds.run(benches, 3), file)
    return status, json.loads(file.read_text())


@pytest.mark.slow
def test_every_bench_runs(tmp_path):
    file = tmp_path / "bench.json"
    command = [sys.executable, str(HERE / "run.py"), "--quick", "--output", str(file), "replay", "sweep.due", "sweep.idle.sqlite"]
    ended = subprocess.run(
        [*command, "webhooks", "daemon", "digest", "inbox", "calendar", "classify", "sla"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    doc = json.loads(file.read_text())
    names = [found["name"] for found in doc["benches"]]
    of_the_model = ["classify.model", "classify.lag.p99", "classify.first", "classify.ready", "classify.memory"]
    assert names == [
        *("replay", "sweep.due", "sweep.idle.sqlite.size", "sweep.idle.sqlite.door"),
        *("webhooks.rate", "webhooks.memory", "digest.day", "inbox.queue.p95", "inbox.search.p95", "inbox.screen.p95"),
        *("daemon.start", "daemon.idle.memory", "daemon.idle.cpu", "daemon.model.memory", "daemon.due.p99", "daemon.due.p50"),
        *("calendar.cold", "calendar.warm", "classify.rules", *of_the_model, "sla.evaluate"),
    ]
    assert all(name in ended.stdout for name in names)
    assert all(found["value"] > 0 and found["ratio"] > 0 for found in doc["benches"])


@pytest.mark.parametrize(("limit", "status"), [(None, 0), (2.0, 0), (1.9, 1)])
def test_a_ratio_over_its_limit_is_exit_1(tmp_path, capsys, limit, status):
    found, _ = report(tmp_path, bench(limit=limit), bench("b", ours=0.5, limit=1))
    assert found == status
    assert ("a: 2 times nothing, and 1.9 is the limit" in capsys.readouterr().err) == bool(status)


def test_bench_json_tells_what_it_was_measured_on_and_no_date(tmp_path):
    _, doc = report(tmp_path, bench(limit=3), bench("b", unit="/s"))
    assert doc.keys() == {"python", "machine", "cores", "load", "peak_memory_mib", "benches"}
    first, second = doc["benches"]
    assert first.keys() == {"name", "value", "unit", "reference", "ratio", "limit", "required", "against", "rounds"}
    assert (first["value"], first["reference"], first["ratio"], first["limit"]) == (2000, 1000, 2, 3)
    assert (second["value"], second["reference"], second["ratio"], second["limit"]) == (0.5, 1, 2, None)


def test_both_sides_take_turns_in_going_first_and_the_median_decides():
    """One slow round, whoever it hits, decides nothing."""
    order, ours = [], iter([1, 1, 50, 1, 1])

    def side(name, seconds):
        def once():
            order.append(name)
            return next(seconds)

        return once

    result = rounds.measure(
        rounds.Bench(name="a", unit="ms", against="", ours=side("ours", ours), theirs=side("theirs", iter([2] * 5)), limit=1)
    )
    assert order == ["ours", "theirs", "theirs", "ours"] * 2 + ["ours", "theirs"]
    assert (result.ratio, result.is_broken) == (0.5, False)
