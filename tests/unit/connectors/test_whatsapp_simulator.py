"""What the simulator of WhatsApp reproduces of the platform, a test for each kind of trouble; what it does, our reader and client meet."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from whatsapp_stage import SANNE, SANNE_ID, on_stage, reply

from webcare.domain.message import Attachment
from webcare.ports.connector import Sort, Template, WayKind
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = 86_400
BIG = 10**6


@pytest.fixture
async def stage():
    async with on_stage() as found:
        await found.subscribe()
        yield found


async def heard(stage, sort=None):
    await stage.play("settle")
    return [h for h in stage.heard() if sort is None or h.sort is sort]


async def wrote(stage, text="hoi", **more):
    return await stage.play("messages", number=SANNE, text=text, **more)


def statuses(stage):
    """What was told of messages of ours, as it stood in the bodies."""
    values = [
        change["value"] for _, raw in stage.receiver.got for entry in json.loads(raw)["entry"] for change in entry["changes"]
    ]
    return [one for value in values for one in value.get("statuses", ())]


async def test_ids_are_text_and_ours_come_back_in_every_state(stage):
    written = await wrote(stage)
    receipt = await stage.client.send(reply(reply_to=written["id"]))
    said, *states = await heard(stage)
    assert (said.external_id, written["id"].startswith("wamid.")) == (written["id"], True)
    assert {h.target_id for h in states} == {receipt.external_id}


async def test_duplicates_come_to_every_app_whenever_one_of_them_fails(stage):
    await stage.subscribe()
    stage.receiver.answers = [200, 500]
    await wrote(stage)
    await stage.play("settle")
    await stage.play("clock", seconds=60)
    assert len({h.external_id for h in stage.heard()}) == 1
    assert len(stage.receiver.got) == 3


async def test_several_in_one_body_out_of_order_with_what_nobody_knows(stage):
    await stage.play("deliveries", hold=True, backwards=True)
    await wrote(stage, "een")
    await stage.play("messages", number=SANNE, type="hologram", part={"x": 1})
    await stage.play("changes", field="field_of_tomorrow", value={"a": 1})
    await wrote(stage, "twee")
    await stage.play("deliveries", hold=False)
    assert len(stage.receiver.got) == 1
    found = await heard(stage)
    assert [h.sort for h in found] == [Sort.MESSAGE, Sort.IGNORED, Sort.UNREADABLE, Sort.MESSAGE]
    assert [h.text for h in found if h.sort is Sort.MESSAGE] == ["twee", "een"]


async def test_the_handshake_is_answered_to_the_letter_and_every_byte_is_signed(stage):
    assert not (await stage.subscribe({"verify_token": "raad"}))["subscribed"]
    await wrote(stage, "Zoë 10/11 😠")
    await stage.play("settle")
    ((proven, raw),) = stage.receiver.got
    assert proven
    assert raw.isascii()
    assert b"\\/" in raw


async def test_a_slow_receiver_is_called_again_for_seven_days(stage):
    stage.receiver.answers = [500] * 4
    await wrote(stage)
    await stage.play("settle")
    for seconds in (25, 45, 90, 200):
        assert stage.receiver.got == []
        await stage.play("clock", seconds=seconds)
    assert [h.text for h in stage.heard()] == ["hoi"]


@pytest.mark.parametrize(
    ("setting", "times", "wait"),
    [
        ({"throughput": 20, "reserve": 100}, 20, 5),  # the phone app is in use on the same number
        ({"reserve": 1}, 1, 6),  # one message in six seconds to one customer
    ],
)
async def test_a_limit_is_hit_and_passes(stage, setting, times, wait):
    await stage.play("settings", **setting)
    await wrote(stage)
    for n in range(times):
        await stage.client.send(reply(key=f"reply:{n}"))
    with pytest.raises(RateLimited) as limited:
        await stage.client.send(reply())
    assert limited.value.until == NOW + timedelta(seconds=wait)
    await stage.play("clock", seconds=wait)
    await stage.client.send(reply())


async def test_a_limit_of_the_account_may_name_its_end(stage):
    await wrote(stage)
    usage = json.dumps({"1": [{"estimated_time_to_regain_access": 12}]})
    await stage.play("faults", kind="error", code=80007, headers={"X-Business-Use-Case-Usage": usage})
    with pytest.raises(RateLimited) as limited:
        await stage.client.send(reply())
    assert limited.value.until == NOW + timedelta(minutes=12)


@pytest.mark.parametrize("standing", ["expired", "revoked", "no_permission"])
async def test_a_token_dies(stage, standing):
    await stage.play("settings", standing=standing)
    for call in (
        stage.client.send(reply()),
        stage.client.preflight(NOW),
        stage.client.fetch(Attachment(type="image", id="3"), most=BIG),
    ):
        with pytest.raises(AuthFailed):
            await call


async def test_the_window_closes_to_the_second_and_opens_when_the_customer_writes(stage):
    await wrote(stage)
    await stage.play("clock", seconds=DAY - 1)
    await stage.client.send(reply())
    await stage.play("clock", seconds=1)
    with pytest.raises(Rejected, match="131047"):
        await stage.client.send(reply())
    await wrote(stage)
    await stage.client.send(reply())


async def test_only_a_template_that_meta_approved_passes_the_window(stage):
    await wrote(stage)
    await stage.play("clock", seconds=DAY)

    def templated(*values):
        return reply(way=WayKind.TEMPLATE, template=Template(name="terug", language="nl", values=values))

    with pytest.raises(Rejected, match="132001"):
        await stage.client.send(templated())
    await stage.play("templates", name="terug", language="nl", gaps=1)
    with pytest.raises(Rejected, match="132000"):
        await stage.client.send(templated())
    await stage.client.send(templated("Sanne"))
    for state, code in (("paused", "132015"), ("disabled", "132016")):
        await stage.play("templates", name="terug", language="nl", gaps=1, state=state)
        with pytest.raises(Rejected, match=code):
            await stage.client.send(templated("Sanne"))


@pytest.mark.parametrize(("fault", "held"), [("drop_before", 0), ("drop_after", 1), ("no_id", 1), ("cut_off", 1)])
async def test_a_send_may_end_in_the_dark_and_its_states_name_our_mark(stage, fault, held):
    await wrote(stage)
    await stage.play("faults", kind=fault)
    with pytest.raises(Unconfirmed):
        await stage.client.send(reply(key="reply:7"))
    assert [h.note for h in await heard(stage, Sort.STATUS)] == ["reply:7"] * 3 * held


async def test_staff_answer_in_the_phone_app(stage):
    await stage.play("echoes", to=SANNE, text="Uit de app")
    (echo,) = await heard(stage)
    assert (echo.sort, echo.text, echo.conversation_id) == (Sort.ECHO, "Uit de app", SANNE)
    await stage.play("customers", number=SANNE, shows_number=False)
    await stage.play("echoes", to=SANNE, text="Nog eens")
    assert (await heard(stage))[-1].conversation_id == SANNE_ID


async def test_customers_edit_and_take_back(stage):
    first = await wrote(stage)
    held = {"original_message_id": first["id"]}
    await stage.play("messages", number=SANNE, type="edit", part={**held, "message": {"type": "text", "text": {"body": "hallo"}}})
    await stage.play("messages", number=SANNE, type="revoke", part=held)
    _, edit, gone = await heard(stage)
    assert (edit.sort, edit.target_id, edit.text) == (Sort.EDIT, first["id"], "hallo")
    assert (gone.sort, gone.target_id) == (Sort.DELETE, first["id"])


async def test_reactions_come_and_go(stage):
    first = await wrote(stage)
    for part in ({"emoji": "👍"}, {"emoji": ""}, {}):
        await stage.play("messages", number=SANNE, type="reaction", part={"message_id": first["id"], **part})
    found = await heard(stage, Sort.REACTION)
    assert [(h.text, h.reason) for h in found] == [("👍", None), (None, "removed"), (None, "removed")]


async def test_customers_answer_a_message_and_write_in_groups(stage):
    first = await wrote(stage)
    await wrote(stage, reply_to=first["id"])
    await wrote(stage, group_id="Z3JvZXA")
    _, answer, in_group = await heard(stage)
    assert (answer.reply_to, in_group.conversation_id, in_group.author.id) == (first["id"], "Z3JvZXA", SANNE_ID)


async def test_a_file_has_an_address_for_five_minutes_and_an_id_for_a_week(stage):
    await stage.play("messages", number=SANNE, type="image", part={"caption": "kapot"})
    (said,) = await heard(stage)
    (held,) = said.attachments
    asked = stage.simulator.make_url(f"/v26.0/{held.id}")
    async with stage.session.get(asked, headers={"Authorization": "Bearer sim-token"}) as response:
        address = (await response.json())["url"]

    async def status(**headers):
        async with stage.session.get(address, headers=headers) as response:
            return response.status

    token = {"Authorization": "Bearer sim-token"}
    assert [await status(), await status(**token)] == [401, 200]
    await stage.play("clock", seconds=300)
    assert await status(**token) == 404
    await stage.play("clock", seconds=7 * DAY - 301)
    await stage.client.fetch(held, most=BIG)
    await stage.play("clock", seconds=1)
    with pytest.raises(Rejected, match="seven days"):
        await stage.client.fetch(held, most=BIG)


async def test_a_file_may_never_have_left_the_phone(stage):
    await stage.play("messages", number=SANNE, type="image", part={"caption": "kijk"}, lost=True)
    (said,) = await heard(stage)
    assert (said.sort, said.text, said.reason.partition(":")[0]) == (Sort.MESSAGE, "kijk", "131052")
    with pytest.raises(Rejected, match="did not come through"):
        await stage.client.fetch(said.attachments[0], most=BIG)


async def test_what_the_api_cannot_show_stays_a_message(stage):
    await stage.play("messages", number=SANNE, type="unsupported", part={"type": "poll"})
    (said,) = await heard(stage)
    assert (said.sort, said.attachments[0].type) == (Sort.MESSAGE, "poll")


async def test_a_customer_goes_by_number_by_user_id_by_username_or_by_both(stage):
    names = []
    for shown in (
        {"shows_user_id": False},
        {"shows_user_id": True},
        {"shows_number": False, "username": "sanne.w"},
    ):
        await stage.play("customers", number=SANNE, **shown)
        await wrote(stage)
        said = (await heard(stage))[-1]
        names.append((said.author.id, said.other_author_id, said.author.handle))
    assert names == [(SANNE, None, None), (SANNE_ID, SANNE, None), (SANNE_ID, None, "sanne.w")]


@pytest.mark.parametrize(
    ("shown", "was", "now"),
    [
        ({"shows_user_id": False}, SANNE, "31698765432"),
        ({}, SANNE_ID, "NL.99"),
        ({"shows_number": False}, SANNE_ID, "NL.99"),
    ],
)
async def test_a_customer_moves_to_another_number(stage, shown, was, now):
    await stage.play("customers", number=SANNE, **shown)
    await stage.play("number_changes", number=SANNE, new_number="31698765432", new_user_id="NL.99")
    (told,) = await heard(stage)
    assert (told.sort, told.conversation_id, told.author.id) == (Sort.IDENTITY, was, now)
    await stage.play("messages", number="31698765432", text="ik weer")
    assert (await heard(stage))[-1].author.id == now


async def test_time_is_text_in_whole_seconds_and_may_be_wrong(stage):
    await wrote(stage)
    await wrote(stage, stamp="2036-01-01T00:00:00+00:00")
    assert [h.created_at for h in await heard(stage)] == [NOW, datetime(2036, 1, 1, tzinfo=UTC)]
    assert b'"timestamp":"1795424400"' in stage.receiver.got[0][1]


async def test_of_several_messages_each_has_its_own_fate(stage):
    await wrote(stage)
    await stage.play("deliveries", hold=True)
    await stage.client.send(reply(key="reply:1"))
    await stage.play("faults", kind="failed", code=131049)
    await stage.client.send(reply(key="reply:2"))
    await stage.play("deliveries", hold=False)
    told = [(h.note, h.status) for h in await heard(stage, Sort.STATUS)]
    assert told == [("reply:1", "sent"), ("reply:1", "delivered"), ("reply:1", "read"), ("reply:2", "failed")]


async def test_states_come_backwards_are_skipped_and_fail_after_they_were_sent(stage):
    await wrote(stage)
    await stage.play("settings", receipts="none")
    receipt = await stage.client.send(reply())
    for state in ("read", "sent", "failed"):
        errors = [{"code": 131026, "title": "no"}] if state == "failed" else None
        await stage.play("statuses", wamid=receipt.external_id, status=state, errors=errors)
        await stage.play("settle")
    assert [h.status for h in await heard(stage, Sort.STATUS)] == ["read", "sent", "failed"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "html", "code": 503}, Unavailable),
        ({"kind": "html", "code": 502}, Unconfirmed),
        ({"kind": "empty", "code": 500}, Unconfirmed),
        ({"kind": "cut_off"}, Unconfirmed),
        ({"kind": "no_id"}, Unconfirmed),
    ],
)
async def test_answers_may_be_no_answers(stage, fault, kind):
    await wrote(stage)
    await stage.play("faults", **fault)
    with pytest.raises(kind):
        await stage.client.send(reply())


async def test_every_state_says_what_it_costs(stage):
    await stage.play("templates", name="terug", language="nl", category="utility")
    await wrote(stage)
    template = reply(way=WayKind.TEMPLATE, template=Template(name="terug", language="nl"))
    await stage.client.send(reply())
    await stage.client.send(template)
    await stage.play("clock", seconds=2 * DAY)
    await stage.client.send(template)
    await stage.play("settle")
    costs = [(s["pricing"]["category"], s["pricing"]["billable"]) for s in statuses(stage) if s["status"] == "sent"]
    assert costs == [("service", False), ("utility", False), ("utility", True)]


# The rows of the list of behaviours that concern WhatsApp -> what above shows each.
ROWS = {
    "ids": ("test_ids_are_text",),
    "duplicates": ("test_duplicates_come",),
    "order, several, unknown": ("test_several_in_one_body",),
    "handshake, signature": ("test_the_handshake_is",),
    "redelivery": ("test_a_slow_receiver",),
    "limits": ("test_a_limit_is_hit", "test_a_limit_of_the_account"),
    "tokens": ("test_a_token_dies",),
    "windows": ("test_the_window_closes", "test_only_a_template"),
    "ambiguous sends": ("test_a_send_may_end",),
    "our own elsewhere": ("test_staff_answer",),
    "edits, revokes": ("test_customers_edit",),
    "reactions": ("test_reactions_come",),
    "context, groups": ("test_customers_answer",),
    "files": ("test_a_file_has", "test_a_file_may_never", "test_what_the_api_cannot_show"),
    "identity": ("test_a_customer_goes_by", "test_a_customer_moves"),
    "time": ("test_time_is_text",),
    "partial success": ("test_of_several_messages",),
    "receipts": ("test_states_come_backwards",),
    "no answers": ("test_answers_may_be",),
    "cost": ("test_every_state_says",),
}


def test_every_row_is_shown_by_a_test_that_is_there():
    there = re.findall(r"^async def (test_\w+)", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert not [name for names in ROWS.values() for name in names if not any(test.startswith(name) for test in there)]
