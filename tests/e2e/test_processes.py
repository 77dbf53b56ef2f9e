"""The harness itself, where it once made a good daemon look bad."""

from __future__ import annotations

from processes import free_ports


def test_two_daemons_that_have_not_started_yet_share_no_port():
    """Once a daemon's webhooks were led to the port on which another one shows its inbox, which answered that there is no such page."""
    given = [port for _ in range(20) for port in free_ports(3)]
    assert len(set(given)) == len(given)
