"""[[policy]] and [calendars] -> the rule book: the first that fits wins, nonsense is refused by its name, and the same is the same."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from webcare.country_days import LOOKUP
from webcare.discovery import connectors
from webcare.domain.message import Kind
from webcare.domain.rulebook import SHIPPED_BOOK, parse_rulebook
from webcare.domain.sla.promise import ReplyWindow
from webcare.lines import CannotStart
from webcare.ports.channel import ChannelAccount
from webcare.settings.model import Model
from webcare.settings.rules import rules
from webcare.store.rulebooks import fingerprint

TODAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)
SPECS = {found.name: found.spec for found in connectors() if found.spec is not None}


def account(kind, reply_window=None):
    limits = replace(SPECS[kind].limits, reply_window=reply_window) if reply_window else SPECS[kind].limits
    return ChannelAccount(
        id=f"{kind}:1",
        name=kind,
        brand="b",
        app=kind,
        account="1",
        spec=replace(SPECS[kind], limits=limits, limits_of=None),
        config=None,
        pace=HOUR,
    )


X, WHATSAPP = account("twitter"), account("whatsapp")
OPEN = """
[calendars.office]
timezone = "Europe/Amsterdam"
hours = { mon = [["09:00", "17:30"]] }
"""
TWO = f"""
[[policy]]
name = "urgent"
when = {{ urgency = "high", channel = ["whatsapp", "twitter"] }}
first_response = "PT1H"
[[policy]]
name = "rest"
calendar = "office"
{OPEN}
"""


def made(text, accounts=(X, WHATSAPP), today=TODAY):
    return rules(Model.model_validate(tomllib.loads(text)), LOOKUP, accounts, today=today)


def refused(text, **more):
    with pytest.raises(CannotStart) as refusal:
        made(text, **more)
    return str(refusal.value)


# --- what holds ---


def test_without_a_policy_the_shipped_one_holds():
    book, content = made("", accounts=(X,))
    assert book.rules == SHIPPED_BOOK.rules
    assert content == {"policy": "shipped"}


def test_policies_hold_in_the_order_in_which_they_are_written():
    book, _ = made(TWO)
    assert [rule.name for rule in book.rules] == ["urgent", "rest"]
    assert book.rules[0].conditions == {"urgency": {"high"}, "channel": {"whatsapp", "twitter"}}
    assert book.rules[1].policy.calendar.hours[0] == ((540, 1050),)


def test_what_is_kept_can_be_read_back_and_says_the_same():
    book, content = made(TWO)
    again = parse_rulebook(json.loads(json.dumps(content)), LOOKUP)
    assert [(r.name, r.conditions, r.policy.first_response, r.window) for r in again.rules] == [
        (r.name, r.conditions, r.policy.first_response, r.window) for r in book.rules
    ]
    assert again.windows == book.windows


@pytest.mark.parametrize(
    "changed",
    [
        TWO.replace('["whatsapp", "twitter"]', '["twitter", "whatsapp"]'),
        TWO.replace('urgency = "high", channel', "urgency = ['high'], channel"),
        TWO.replace('["09:00"', "[ '09:00'"),
        OPEN + TWO.replace(OPEN, ""),
    ],
)
def test_the_same_settings_have_the_same_fingerprint(changed):
    assert fingerprint(made(changed)[1]) == fingerprint(made(TWO)[1])


@pytest.mark.parametrize(
    "changed", [TWO.replace("PT1H", "PT2H"), TWO.replace("17:30", "17:00"), TWO.replace('"high"', '"normal"')]
)
def test_other_settings_have_another(changed):
    assert fingerprint(made(changed)[1]) != fingerprint(made(TWO)[1])


def test_dates_are_kept_as_text():
    _, content = made(TWO.replace("[calendars.office]", "[calendars.office]\nholidays = [2026-12-24]"))
    assert content["calendars"]["office"]["holidays"] == ["2026-12-24"]


# --- reply windows ---


def test_a_platform_says_how_long_it_takes_replies_and_an_hour_is_kept_in_reserve():
    book, content = made("")
    assert book.windows == {"whatsapp": ReplyWindow(length=24 * HOUR, margin=HOUR)}
    assert parse_rulebook(content, LOOKUP).windows == book.windows


@pytest.mark.parametrize(("kind", "ours"), [("facebook", "page_id"), ("instagram", "account_id")])
def test_who_may_answer_for_a_week_has_a_clock_of_a_week(kind, ours):
    """The composer said seven days while the clock said one."""

    def of(number, *, human_agent):
        config = SPECS[kind].config(**{ours: number}, human_agent=human_agent)
        return replace(account(kind), account=number, spec=SPECS[kind], config=config)

    week, day = of("1", human_agent=True), of("2", human_agent=False)
    assert made("", accounts=(week,))[0].windows[kind].length == 7 * 24 * HOUR
    assert made("", accounts=(day,))[0].windows[kind].length == 24 * HOUR
    for both in ((week, day), (day, week)):  # a policy knows kinds: the shorter one is kept
        assert made("", accounts=both)[0].windows[kind].length == 24 * HOUR


def test_of_a_short_window_at_most_half_is_kept():
    book, _ = made("", accounts=(account("whatsapp", HOUR),))
    assert book.windows["whatsapp"] == ReplyWindow(length=HOUR, margin=HOUR / 2)


def test_a_channel_that_is_not_there_has_no_window_in_what_is_kept():
    """Else a connector that somebody installs and does not use would be a new revision, and stop other daemons."""
    assert made("", accounts=(X,))[1] == {"policy": "shipped"}


@pytest.mark.parametrize(
    ("kind", "channel_kind", "length"),
    [(Kind.DM, "whatsapp", 24), (Kind.DM, "twitter", None), (Kind.COMMENT, "whatsapp", None), (Kind.MENTION, "twitter", None)],
)
def test_only_private_conversations_close(kind, channel_kind, length):
    book, _ = made("")
    window = book.window(book.rules[0], channel_kind=channel_kind, kind=kind)
    assert (window and window.length) == (None if length is None else length * HOUR)


def test_a_policy_may_name_a_window_of_its_own():
    text = "[[policy]]\nname = 'a'\nreply_window = { length = 'P7D', margin = 'PT2H' }"
    book, _ = made(text)
    assert book.window(book.rules[0], channel_kind="whatsapp", kind=Kind.DM) == ReplyWindow(length=7 * 24 * HOUR, margin=2 * HOUR)
    assert book.window(book.rules[0], channel_kind="twitter", kind=Kind.MENTION) is None


# --- nonsense ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            TWO.replace('"whatsapp"', '"whatsap"'),
            "policy 'urgent': when.channel: no [[channel]] is of the kind 'whatsap' (there are twitter, whatsapp); did you mean whatsapp?",
        ),
        (TWO.replace('"whatsapp"', '"facebook"'), "policy 'urgent': when.channel: no [[channel]] is of the kind 'facebook'"),
        ("[[policy]]\nname='a'\nfirst_response='P999999D'", "policy 'a': first_response: more than ten years is a slip"),
        ("[[policy]]\nname='a'\ncalendar='office'", "policy 'a': calendar: no calendar is called 'office' (none is defined)"),
        ("[calendars.a]\ntimezone='UTC'\nhours={}", "calendars.a.hours: no open hours"),
        ("[calendars.a]\ntimezone='UTC'\nhour={}", "calendars.a.hour: unknown, did you mean hours?"),
        (
            "[calendars.a]\ntimezone='UTC'\nopen_days={'2026-11-22'=[['09:00','17:00']]}",
            "calendars.a: it has no open hour after 2026-11-23: a clock would never run",
        ),
        (
            "[[policy]]\nname='a'\ncalendar='a'\nfirst_response='PT9H'\n[calendars.a]\ntimezone='UTC'\nopen_days={'2026-11-24'=[['09:00','17:00']]}",
            "policy 'a': first_response: its calendar has not that many open hours left",
        ),
    ],
)
def test_nonsense_is_refused_by_its_name(text, said):
    assert said in refused(text)


def test_a_calendar_may_still_be_open_today():
    text = "[calendars.a]\ntimezone='UTC'\nopen_days={'2026-11-23'=[['09:00','17:00']]}"
    made(text)
    assert "calendars.a: " in refused(text, today=date(2026, 11, 24))


def test_ten_years_do_not_lead_beyond_the_end_of_the_calendar():
    book, _ = made("[[policy]]\nname='a'\nfirst_response='P3660D'")
    assert book.rules[0].policy.calendar.add(datetime(2026, 1, 1, tzinfo=UTC), book.rules[0].policy.first_response).year == 2036
