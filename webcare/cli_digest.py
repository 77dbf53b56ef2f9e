"""`webcare digest` for the command line: what may be asked for."""

from __future__ import annotations

import argparse
from datetime import date


def add_digest(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    digest = commands.add_parser("digest", parents=[common], help="how a day went, and what runs out after it")
    digest.add_argument("--db", metavar="URL", help="in place of the one in the config")
    digest.add_argument("--date", type=_date, metavar="DATE", help="a day that is over, as 2026-11-23 (default: yesterday)")
    digest.add_argument("--language", choices=("nl", "en"), help="of the text and the HTML (default: that of the house)")
    form = digest.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--html", metavar="FILE", help="write the letter as HTML; - writes to standard output")
    form.add_argument("--send", action="store_true", help="queue it for everybody who gets it and has not had it yet")
    digest.set_defaults(run=_digest)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a date like 2026-11-23 is expected, not {text!r}") from None


def _digest(arguments: argparse.Namespace) -> int:
    from webcare.digest_commands import digest

    return digest(arguments)
