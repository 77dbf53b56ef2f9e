"""`webcare drill` for the command line: what may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_drill(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    drill = commands.add_parser("drill", parents=[common], help="send a marked test up the whole ladder; exit 1 where it fails")
    drill.add_argument("--db", metavar="URL", help="in place of the one in the config")
    drill.add_argument("--urgent", action="store_true", help="also who has quiet hours now, as an urgent case would")
    drill.add_argument("--last-resort", action="store_true", help="the last resort too")
    drill.add_argument("--within", default="PT2M", metavar="SPAN", help="how long to wait (default: %(default)s)")
    drill.add_argument("--json", action="store_true", help="one object a hop")
    drill.set_defaults(run=_drill)


def _drill(arguments: argparse.Namespace) -> int:
    from webcare.drill_commands import drill

    return drill(arguments)
