"""systemd hears us, on a real socket; without systemd nothing happens."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import timedelta

import pytest

from webcare.sd_notify import notify, watchdog_every


@pytest.fixture(params=["file", "abstract"])
def listening(request, tmp_path):
    """A socket as systemd's, and the environment that names it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@webcare-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.settimeout(10)
        heard.bind(name.replace("@", "\0", 1))
        yield heard, {"NOTIFY_SOCKET": name}


def test_each_state_is_one_datagram(listening):
    heard, environment = listening
    assert notify("READY=1\nSTATUS=watching 3 channels", environment)
    assert notify("WATCHDOG=1", environment)
    assert heard.recv(1000) == b"READY=1\nSTATUS=watching 3 channels"
    assert heard.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    "environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": "/none/there"}]
)
def test_where_nobody_listens_nothing_happens(environment):
    assert not notify("READY=1", environment)


def test_the_socket_of_the_process_is_used(listening, monkeypatch):
    heard, environment = listening
    monkeypatch.setenv("NOTIFY_SOCKET", environment["NOTIFY_SOCKET"])
    assert notify("STOPPING=1")
    assert heard.recv(1000) == b"STOPPING=1"


@pytest.mark.parametrize(
    ("environment", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # somebody else is watched
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_asks(environment, every):
    assert watchdog_every(environment) == every
