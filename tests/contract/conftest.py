from __future__ import annotations

import pytest
from fakes import Desk
from structlog.testing import capture_logs


@pytest.fixture
async def desk(store):
    """Everything but the platforms, on SQLite and on PostgreSQL, under the shipped promise of 24 hours."""
    with capture_logs() as logged:
        opened = await Desk.open(store)
        opened.logged = logged
        yield opened
