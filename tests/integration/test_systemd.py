"""The unit, as systemd judges it: understood to the last line, and exposed to little."""

from __future__ import annotations

import configparser
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd/webcare.service"
MOST_EXPOSED = 15  # tenths
DRAIN = timedelta(seconds=10)


def settings(text):
    """Return the last value of each setting of a unit, by section."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def ended(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timedelta(minutes=2).total_seconds())


def exposure(systemd_analyze, unit):
    command = (systemd_analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit))
    return ended(*command)


def test_it_is_exposed_to_little(systemd_analyze):
    judged = exposure(systemd_analyze, UNIT)
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]
    assert "Overall exposure level" in judged.stdout


def test_a_unit_without_its_protection_would_be_refused(systemd_analyze, tmp_path):
    bare = tmp_path / "webcare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert exposure(systemd_analyze, bare).returncode != 0


@pytest.fixture
def checked(systemd_analyze, tmp_path):
    """What `systemd-analyze verify` says of the unit, with a program that is there on this machine."""

    def verify(text):
        unit = tmp_path / "webcare.service"
        unit.write_text(text.replace("/opt/webcare/bin/webcare", sys.executable))
        said = ended(systemd_analyze, "verify", "--man=no", "--recursive-errors=no", str(unit))
        return [line for line in said.stderr.splitlines() if "webcare.service" in line]

    return verify


def test_every_line_of_it_is_understood(checked):
    text = UNIT.read_text()
    assert checked(text) == []
    assert checked(text.replace("WatchdogSec=", "WatchDog=")) != []


def test_what_is_commented_out_is_understood_too(checked):
    text = UNIT.read_text()
    examples = text.replace("\n#LoadCredential=", "\nLoadCredential=")
    assert examples != text
    assert checked(examples) == []


def test_it_is_started_again_for_ever_and_watched(checked):
    found = settings(UNIT.read_text())
    service = found["Service"]
    assert found["Unit"]["StartLimitIntervalSec"] == "0"  # five failures within ten seconds, and systemd would give up
    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == ("notify", "main", "30")
    assert (service["Restart"], service["RestartSec"]) == ("always", "5")
    assert timedelta(seconds=int(service["TimeoutStopSec"])) > DRAIN
    assert service["SystemCallErrorNumber"] == "EPERM"
    assert "ProcSubset" not in service
