"""Which database a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.lines import CannotStart

if TYPE_CHECKING:
    import argparse


def database(arguments: argparse.Namespace) -> argparse.Namespace:
    """Name the database: --db, else the config.

    Raises:
        CannotStart: nobody said which.
    """
    if not arguments.db:
        from webcare.settings import load

        url = load(arguments.config).database.url
        if url is None:
            raise CannotStart("which database? Give --db URL, or [database] url in the config")
        arguments.db = url.get_secret_value()
    return arguments
