"""A daemon with a model: ready before the model is, the rules answer until then, and the model reads again what they read."""

from __future__ import annotations

import knocking
import ledger
from processes import until
from sqlalchemy import select

from tests.tiny_model import write_model
from webcare.domain.verdict import STAND_IN
from webcare.store.tables import verdict

DAMAGED = "heads.npz"


def models_of(conn):
    return {row.model for row in conn.execute(select(verdict.c.model))}


async def metric(daemon, name):
    async with daemon.session.get(f"http://127.0.0.1:{daemon.ports[2]}/metrics") as answer:
        page = await answer.text()
    return next(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(name))


async def test_a_message_is_read_by_the_model_in_the_end(make_daemon, platforms, open_beside, sqlite_url, tmp_path):
    folder = write_model(tmp_path / "tiny")
    daemon = await make_daemon(sqlite_url, platforms, sentiment={"model": str(folder)}).started()
    store = open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    assert await knocking.knock(daemon, hook, knocking.message(1, "Mijn app is kapot, wanneer komt de trein?")) == 200

    async def is_read():
        return "tiny-1" in await store.read(models_of)

    await until(is_read, "the model has read it")
    assert await metric(daemon, 'webcare_model_state{state="ready"}') == 1
    assert await daemon.stop() == 0
    assert "Traceback" not in daemon.text()


async def test_a_damaged_model_keeps_no_daemon_from_its_work(make_daemon, platforms, open_beside, sqlite_url, tmp_path):
    folder = write_model(tmp_path / "tiny")
    (folder / DAMAGED).write_bytes(b"rubbish")
    daemon = await make_daemon(sqlite_url, platforms, sentiment={"model": str(folder)}).started()
    store = open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    assert await knocking.knock(daemon, hook, knocking.message(1, "Mijn app is kapot, wanneer komt de trein?")) == 200

    async def is_read():
        return await store.read(models_of) == {STAND_IN + "rules-1"}

    await until(is_read, "the rules have read it")
    assert await metric(daemon, 'webcare_model_state{state="failed"}') == 1
    assert await daemon.stop() == 0
    assert "Traceback" not in daemon.text()
