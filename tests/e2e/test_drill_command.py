"""`webcare drill` beside a running daemon, and beside none."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

WEBCARE = Path(sys.executable).parent / "webcare"


async def drill(daemon, *arguments):
    process = await asyncio.create_subprocess_exec(
        WEBCARE,
        "drill",
        "--config",
        daemon.config,
        *arguments,
        env={"PATH": os.environ["PATH"], "HOME": str(daemon.folder), "LANG": "C.UTF-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_drill_arrives_with_everybody_on_the_ladder(make_daemon, sqlite_url):
    daemon = await make_daemon(sqlite_url).started()
    status, out, err = await drill(daemon, "--json", "--last-resort")
    found = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [(one["level"], one["person"], one["state"]) for one in found] == [
        ("oncall", "noor", "arrived"),
        ("next", "daan", "arrived"),
        ("lead", "sanne", "arrived"),
        ("last_resort", "last_resort", "arrived"),
    ]
    assert all(one["seconds"] >= 0 for one in found)
    assert [line["drill"]["level"] for line in daemon.lines("daan")] == ["next"]


async def test_a_target_that_is_dead_is_a_finding(make_daemon, sqlite_url):
    daemon = make_daemon(sqlite_url)
    daemon.doc["person"][1]["contacts"] = [{"name": "mail", "target": "mailto:daan@meerkoet.example"}]  # and no mail server
    await daemon.started()
    status, out, _ = await drill(daemon)
    assert status == 1
    assert "mail: failed (there is no mail server in the settings); last_resort: sent" in out


@pytest.mark.slow
async def test_without_a_daemon_it_says_so_and_takes_the_tests_back(make_daemon, sqlite_url):
    daemon = await make_daemon(sqlite_url).started()
    assert await daemon.stop() == 0
    status, out, err = await drill(daemon, "--within", "PT0.4S")
    assert status == 1
    assert out.count("under_way") == 3
    assert "is the daemon running?" in err
    await daemon.started()
    assert (await drill(daemon))[0] == 0
    assert len(daemon.lines("noor")) == 1, "the tests of before do not come late"
