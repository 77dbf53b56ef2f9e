"""Which model a command loads that works on lines: `--model`, else what a config says that was named, else nobody's choice.

The file in /etc is not read by itself: these commands are for everybody on the machine, and it may be for the service alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from webcare.classifiers import asked_for, source_of
from webcare.lines import CannotStart

if TYPE_CHECKING:
    from webcare.classifiers import Source

CHOSEN: Final = "chosen"  # as the name of a model: what was chosen with `model use`, or learned


def named_model(model: str | None, config: str | None, db: str | None = None) -> Source | None:
    """Return what is to be loaded; None where nobody named anything, and the shipped model answers.

    Raises:
        CannotStart: the config or the database cannot be read.
    """
    if model == CHOSEN:
        return _chosen(config, db)
    if db is not None:
        raise CannotStart(f"--db says where a chosen model is found: give it with --model {CHOSEN}")
    if model is None and (config or os.environ.get("WEBCARE_CONFIG")):
        from webcare.settings import load  # noqa: PLC0415 - most lines are read without a config

        model = load(config).sentiment.model
    return None if model is None else source_of(model)


def _chosen(config: str | None, db: str | None) -> Source:
    """Return what a daemon on that database answers with, unless its config names another; where nobody chose it is the shipped one."""
    from webcare import logs  # noqa: PLC0415 - most lines are read without a database
    from webcare.open_database import with_store  # noqa: PLC0415
    from webcare.services import model_choice  # noqa: PLC0415
    from webcare.settings import load  # noqa: PLC0415

    if not db:
        url = load(config).database.url
        if url is None:
            raise CannotStart(f"--model {CHOSEN}: in which database? Give --config FILE with [database] url")
        db = url.get_secret_value()
    logs.configure("text")  # that it was learned on another encoder is said beside the answers, not among them
    return asked_for(None, with_store(db, lambda store: store.read(model_choice.in_force)))
