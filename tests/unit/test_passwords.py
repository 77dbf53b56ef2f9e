"""Passwords: the parameters that count, two at a time, and a line that does not grow for ever."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from webcare.services.passwords import IN_LINE, Flaw, Passwords, TooMany, flaw

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords():
    made = Passwords(QUICK)
    yield made
    made.close()


async def test_what_is_kept_is_argon2id_with_64_mib():
    made = Passwords()
    try:
        found = extract_parameters(await made.hash("vier woorden zijn genoeg"))
    finally:
        made.close()
    assert (found.type, found.memory_cost, found.time_cost) == (Type.ID, 65536, 3)


async def test_yesterdays_hash_is_proven_and_made_anew(passwords):
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("vier woorden")
    proof = await passwords.prove(old, "vier woorden")
    assert proof.is_right
    assert (await passwords.prove(proof.fresh, "vier woorden")).is_right
    assert (await passwords.prove(proof.fresh, "vier woorden")).fresh is None


@pytest.mark.parametrize("known", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$broken"])
async def test_nobodys_password_is_never_right(passwords, known):
    assert not (await passwords.prove(known, "nobody's")).is_right


async def test_accents_are_the_same_however_they_were_typed(passwords):
    assert (await passwords.prove(await passwords.hash("cafe\u0301 met melk"), "caf\u00e9 met melk")).is_right


async def test_the_line_is_short(passwords):
    found = await asyncio.gather(*(passwords.hash("x" * 12) for _ in range(IN_LINE + 5)), return_exceptions=True)
    assert sum(isinstance(one, TooMany) for one in found) == 5
    assert (await passwords.hash("again")).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("elf tekens ", Flaw.SHORT),
        ("twaalf teken", None),
        ("aaaaaaaaaaaabc", Flaw.SIMPLE),
        ("Noor de Vries 1", Flaw.OWN_NAME),
        ("noor eet vandaag vis", None),
        ("x" * 201, Flaw.LONG),
    ],
)
def test_what_others_would_try_first_is_a_flaw(password, found):
    assert flaw(password, password, "noor", "Noor de Vries") is found
