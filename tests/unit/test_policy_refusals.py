"""Nonsense in [[policy]] and [calendars] is refused with the file, the line and the reason."""

import textwrap
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.country_days import LOOKUP
from webcare.domain.nonsense import odd
from webcare.domain.rulebook import parse_rulebook
from webcare.lines import CannotStart
from webcare.settings import load
from webcare.settings.places import line_of
from webcare.settings.rules import rules

TODAY = date(2026, 11, 23)
HEAD = """\
[database]
url = "sqlite:///x.db"

[calendars.office]
timezone = "Europe/Amsterdam"
hours = { mon = [["09:00", "17:30"]] }
"""
LAST = """
[[policy]]
name = "rest"
first_response = "PT24H"
"""

NONSENSE = {  # what is wrong -> the text, the words that mark its line, and what is said of it
    "unknown key": ('[[policy]]\nname = "a"\nfirst_respons = "PT1H"', "first_respons =", "first_respons: unknown, did you mean"),
    "unknown condition": ('[[policy]]\nname = "a"\nwhen = { chanel = "x" }', "chanel", "when.chanel: unknown, did you mean channel?"),
    "unknown value": ('[[policy]]\nname = "a"\n[policy.when]\nkind = "dms"', "kind =", "when.kind: 'dms' is none of"),
    "a channel that there is not": ('[[policy]]\nname = "a"\nwhen = { channel = "twitter" }', "when =", "no [[channel]] is of the kind"),
    "negative span": ('[[policy]]\nname = "a"\nnext_response = "-PT1H"', "next_response", "next_response: '-PT1H' is negative"),
    "a rung below zero": ('[[policy]]\nname = "a"\nladder = [{ step = "page", share = -0.1 }]', "ladder", "share: a number like"),
    "a rung of no length": (
        '[[policy]]\nname = "a"\nladder = [\n  { step = "page", share = 0.5 },\n  { step = "inbox", share = 0 },\n]',
        "share = 0 }",
        "ladder[1].share: 0 is the moment",
    ),
    "a rung after the breach": (
        '[[policy]]\nname = "a"\n[[policy.ladder]]\nstep = "breach"\nshare = 1\n[[policy.ladder]]\nstep = "page"\nshare = 1.5',
        "share = 1.5",
        "ladder[1].share: 1.5 is after the breach",
    ),
    "a rung without share and time": ('[[policy]]\nname = "a"\nladder = [{ step = "page" }]', "ladder", "needs a share or a time left"),
    "a rung with both": ('[[policy]]\nname = "a"\nladder = [{ step = "p", share = 0.5, left = "PT1H" }]', "ladder", "not both"),
    "time left longer than the target": (
        '[[policy]]\nname = "a"\nfirst_response = "PT2H"\nnext_response = "PT1H"\nladder = [{ step = "page", left = "PT2H" }]',
        "ladder",
        "ladder[0].left: longer than every target",
    ),
    "a rung twice": (
        '[[policy]]\nname = "a"\nladder = [{ step = "page", left = "PT60M" },\n{ step = "page", left = "PT1H" }]',
        'left = "PT1H"',
        "ladder[1]: page@PT1H stands there twice",
    ),
    "never used": ('[[policy]]\nname = "a"\n[[policy]]\nname = "b" # here\nwhen = { urgency = "high" }', 'name = "b"', "never be used"),
    "unknown calendar": ('[[policy]]\nname = "a"\ncalendar = "ofice"', "calendar = ", "calendar: no calendar is called 'ofice'"),
    "unknown staffed": ('[[policy]]\nname = "a"\nstaffed = "team"', "staffed", "staffed: no calendar is called 'team'"),
    "a calendar that never opens": ('[calendars.shut]\ntimezone = "UTC"\nhours = { mon = [] }', "hours = { mon = [] }", "no open hours"),
    "a calendar that has closed for good": (
        '[calendars.fair]\ntimezone = "UTC"\nopen_days = { 2020-01-01 = [["09:00", "10:00"]] }',
        "[calendars.fair]",
        "no open hour after 2026-11-23",
    ),
    "a slot that ends before it starts": (
        '[calendars.b]\ntimezone = "UTC"\n[calendars.b.hours]\nmon = [["09:00", "10:00"]]\ntue = [["17:00", "09:00"]]',
        "tue =",
        "ends before it starts",
    ),
    "an unknown day": ('[calendars.b]\ntimezone = "UTC"\nhours.maandag = [["09:00", "10:00"]]', "hours.maandag", "not a day of the week"),
    "an unknown zone": ('[calendars.b]\ntimezone = "Europe/Amsterdm"\nhours.mon = [["09:00", "10:00"]]', "Amsterdm", "timezone"),
    "two of one name": ('[[policy]]\nname = "rest"\nwhen = { tag = "x" }', None, "another policy has this name"),
    "no name": ('[[policy]]\nfirst_response = "PT1H"\nwhen = { tag = "x" }', "[[policy]]", "policy[0].name: a name"),
    "a state that no case has": ('[[policy]]\nname = "a"\npause_states = ["snoozd"]', "pause_states", "no case is ever 'snoozd'"),
    "help that costs time": ('[[policy]]\nname = "a"\ncommunity_relax = "-PT1H"', "community_relax", "is negative"),
    "a policy that promises nothing": (
        '[[policy]]\nname = "a"\nfirst_response = "PT0S"\nnext_response = "PT0S"',
        'name = "a"',
        "it promises nothing",
    ),
}  # fmt: skip


def started(tmp_path, text):
    file = tmp_path / "webcare.toml"
    file.write_text(text, encoding="utf-8")
    settings = load(str(file), {})
    return file, lambda: rules(settings, LOOKUP, (), today=TODAY)


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_refused_with_its_line_and_the_reason(tmp_path, what):
    text, mark, reason = NONSENSE[what]
    if "when" not in text and "policy.when" not in text:
        text = text.replace('name = "a"\n', 'name = "a"\nwhen = { urgency = "high" }\n')
    whole = f"{HEAD}\n# a comment with [[policy]]\n{text}\n{LAST}"
    lines = whole.splitlines()
    shown = 'name = "rest"' if mark is None else mark
    number = next(n for n in range(len(lines), 0, -1) if shown in lines[n - 1])
    if mark == "[[policy]]":
        number = lines.index("[[policy]]") + 1
    file, start = started(tmp_path, whole)
    with pytest.raises(CannotStart) as refused:
        start()
    assert f"{file}, line {number}: " in str(refused.value)
    assert reason in str(refused.value)


def test_the_last_policy_has_no_condition(tmp_path):
    file, start = started(tmp_path, '[[policy]]\nname = "b"\nwhen = { tag = "x" }\n')
    with pytest.raises(CannotStart, match="line 3: policy: the last policy must have no condition") as refused:
        start()
    assert str(file) in str(refused.value)


def test_a_book_that_was_in_force_once_stays_readable_whatever_is_refused_since():
    old = {"policy": [{"name": "a", "first_response": "PT1H", "ladder": [{"step": "x", "share": 1.5}], "pause_states": ["odd"]}]}
    assert parse_rulebook(old, LOOKUP).rules[0].name == "a"
    with pytest.raises(ValueError, match="after the breach"):
        parse_rulebook(old, LOOKUP, strict=True)


def test_a_target_that_the_reply_window_never_lets_run_out_is_said():
    windows = {"whatsapp": {"length": "PT24H", "margin": "PT1H"}}
    book = parse_rulebook({"policy": [{"name": "slow", "first_response": "P2D"}], "windows": windows}, LOOKUP)
    (said,) = odd(book)
    assert "policy 'slow': first_response: longer than replies are taken in private on whatsapp" in said
    public = [{"name": "slow", "when": {"kind": "public"}, "first_response": "P2D"}, {"name": "rest", "first_response": "PT24H"}]
    assert odd(parse_rulebook({"policy": public, "windows": windows}, LOOKUP)) == []


# --- lines ---

HARD = textwrap.dedent(
    '''\
    top = 1 # [not.a.table]
    "a key" = "with ] and [[x]] and \\" and # in it"
    text = """
    [[policy]]
    name = "not this one" """
    [[policy]]
    name = 'one' # [[policy]]
    when = { kind = ["dm", "comment"], tag = "a" }
    [policy.deep.er]
    x = 1
    [[policy]]
      ladder = [
        { step = "a", share = 0.5 }, # first
        # none
        { step = "b", left = "PT1H" },
      ]
    ["quoted".'table']
    a.b = 2026-12-25
    c = [
      [1, 2],
      [3,
       4]]
    '''
)
PLACES = {
    ("top",): 1,
    ("a key",): 2,
    ("text",): 3,
    ("policy", 0): 6,
    ("policy", 0, "name"): 7,
    ("policy", 0, "when", "kind", 1): 8,
    ("policy", 0, "when", "tag"): 8,
    ("policy", 0, "deep", "er", "x"): 10,
    ("policy", 1): 11,
    ("policy", 1, "ladder"): 12,
    ("policy", 1, "ladder", 0, "share"): 13,
    ("policy", 1, "ladder", 1, "left"): 15,
    ("policy", 1, "ladder", 1, "share"): 15,
    ("policy", 1, "unknown"): 11,
    ("quoted", "table", "a", "b"): 18,
    ("quoted", "table", "c", 1, 1): 22,
    ("nothing",): None,
}


@pytest.mark.parametrize("place", PLACES)
def test_lines_are_found_whatever_the_file_looks_like(place):
    tomllib.loads(HARD)
    assert line_of(HARD, place) == PLACES[place]


texts = st.sampled_from(["plain", "# no comment", "[x]", '"', "'", "\\", "{", "]", "a = 1", "\n"])


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.data())
def test_strings_hide_nothing_and_begin_nothing(pairs, data):
    lines, wanted = [], {}
    for n, (one, other) in enumerate(pairs):
        for name, value in (("a", one), ("b", other)):
            if name == "a":
                lines.append("[[t]]")
            wanted["t", n, name] = len(lines) + 1
            quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            written = data.draw(
                st.sampled_from([f'"{quoted}"', f'["{quoted}", "{quoted}"]', f'{{ k = "{quoted}" }}', f'"""{quoted}"""'])
            )
            lines.append(f"{name} = {written} # {value.strip()}")
    text = "\n".join(lines)
    tomllib.loads(text)
    assert {place: line_of(text, place) for place in wanted} == wanted
