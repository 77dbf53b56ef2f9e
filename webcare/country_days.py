"""Public holidays, from the `holidays` library: the lookup that the domain is handed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from webcare.domain.rulebook import Lookup

if TYPE_CHECKING:
    from datetime import date

    from webcare.domain.rulebook import Holidays


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str | None = None) -> Holidays:
    """Return a function from a day to the name of its public holiday, or None.

    Raises:
        ValueError: the library does not know the country or its subdivision.
    """
    import holidays  # noqa: PLC0415 - costs 50 ms, and most runs need no country

    try:
        days = holidays.country_holidays(country.upper(), subdiv=subdivision)
    except NotImplementedError:
        where = country if subdivision is None else f"{country} with subdivision {subdivision}"
        raise ValueError(f"no public holidays are known for {where!r}") from None

    def name_of(day: date) -> str | None:
        return days.get(day)

    return name_of


LOOKUP = Lookup(holidays=public_holidays)
