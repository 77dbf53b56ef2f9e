"""`webcare normalize` holds: every connector reads every payload that there is, its own and all those of others, whole and spoiled.

Whatever happens to a payload, each body says something: an event, or `ignored` or `unreadable` with a reason. Never anything else.
The examples are the same each time; `make slow` tries more of them.
"""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from normalized import check, lines, survives
from spoiling import spoil

import connectors as folder
from webcare import cli
from webcare.discovery import connectors
from webcare.normalize_files import hear_file
from webcare.ports.connector import Sort
from webcare.services.hearing import hear_element, parts

ROOT = Path(folder.__file__).parent
SHARED = ROOT.parents[1] / "shared" / "fixtures"
SPECS = [found.spec for found in connectors() if found.spec is not None]
OWN = sorted(ROOT.glob("*/fixtures/*.json"))
OTHERS = sorted(path for path in SHARED.rglob("*") if path.is_file()) if SHARED.is_dir() else []
FILES = [*OWN, *OTHERS]
SEEDS = 1_000_000
OWN_TIMES = 5

every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)


def examples(count):
    """Hypothesis without a memory, a clock or a search for the smallest: each example already takes every file in turn."""
    quiet = {"deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
    return settings(max_examples=count, phases=[Phase.generate], **quiet)


@cache
def bodies():
    """Every JSON body in every file, as text, with its place."""
    found = []
    for path in FILES:
        try:
            held = json.loads(path.read_bytes())
        except ValueError:
            continue
        found += [(path, n, json.dumps(body)) for n, body in enumerate(held if isinstance(held, list) else [held])]
    return found


@every_spec
def test_every_file_of_everybody_is_read_and_says_something(spec):
    for path in FILES:
        said = lines(hear_file(spec, str(path), None))
        assert said, path
        for line in said:
            check(line, spec.kind)


def all_survive(spec, seed):
    """Spoil every body in a way of its own, those of this connector in several, and read it."""
    for path, number, text in bodies():
        for nth in range(OWN_TIMES if path.is_relative_to(ROOT / spec.kind) else 1):
            dice = random.Random(f"{seed} {path.name} {number} {nth}")
            spoilt = json.loads(text)
            for _ in range(dice.randint(1, 4)):
                spoilt = spoil(spoilt, dice)
            try:
                survives(spec, spoilt, dice.choice([None, "1"]))
            except Exception as error:
                error.add_note(f"{path}[{number}], seed {seed}: {json.dumps(spoilt)[:2000]}")
                raise


@every_spec
@examples(1)
@given(seed=st.integers(0, SEEDS))
def test_spoiled_payloads_are_heard_or_unreadable(spec, seed):
    all_survive(spec, seed)


@pytest.mark.slow
@every_spec
@examples(12)
@given(seed=st.integers(0, SEEDS))
def test_many_spoiled_payloads_are_heard_or_unreadable(spec, seed):
    all_survive(spec, seed)


def below(place, where):
    return where == place or where.startswith((f"{place}.", f"{place}["))


def broken_in_turn(spec, text, dice):
    """Put something else in the place of each part of a body that holds elements, one at a time: the place, the elements, the body."""
    elements = spec.split(json.loads(text))
    for number, (_, place) in enumerate(holders(json.loads(text))):
        lost = [element for element in elements if below(place, element.where)]
        if not lost or len(lost) == len(elements):
            continue  # nothing there, or nothing else: then the whole body says it
        body = json.loads(text)
        (parent, key), _ = list(holders(body))[number]
        parent[key] = dice.choice([5, "x", True, [5], ["x"]])
        yield place, lost, body


def holders(value, at=""):
    """Where every value hangs, and its place as `Element.where` writes it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        place = f"{at}[{key}]" if isinstance(value, list) else f"{at}.{key}".lstrip(".")
        yield (value, key), place
        yield from holders(part, place)


@every_spec
def test_what_stands_in_the_place_of_elements_is_not_dropped_beside_others(spec):
    """Of a list that is none any more, or an element that is no object, something is said; a list that nobody knew excepted."""
    dice, tried = random.Random(spec.kind), 0
    for path, _, text in bodies():
        if path.is_relative_to(ROOT / spec.kind) and "platforms" not in path.stem:
            for place, lost, body in broken_in_turn(spec, text, dice) if can_be_split(spec, text) else ():
                if all(one.sort is Sort.IGNORED for element in lost for one in hear_element(spec, element, None)):
                    continue
                said = [part.where for part in parts(spec, body, None)]
                assert any(below(place, where) or (where and below(where, place)) for where in said), (path, place, said)
                tried += 1
    assert tried > 5


def can_be_split(spec, text):
    try:
        spec.split(json.loads(text))
    except ValueError:
        return False
    return True


@every_spec
def test_the_command_itself_ends_well(spec, capfdbinary):
    """All files in one call: a line or more for each, in order, no traceback, and the exit status says whether something was unreadable."""
    names = [str(path) for path in FILES[:: max(1, len(FILES) // 60)]]
    status = cli.main(["normalize", spec.kind, *names])
    told = capfdbinary.readouterr()
    found = [json.loads(line) for line in told.out.splitlines()]
    assert list(dict.fromkeys(line["file"] for line in found)) == names
    assert b"Traceback" not in told.err
    assert status == int(any(line["event"] == "unreadable" for line in found))
