"""`webcare demo` for the command line: what may be asked for."""

from __future__ import annotations

import argparse


def add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    demo = commands.add_parser(  # --config is taken as everywhere, and not read: the demo brings its own
        "demo", parents=[common], help="everything on this machine, with a town of customers: no account, no config, no network"
    )
    how = demo.add_mutually_exclusive_group()
    how.add_argument(
        "--speed", type=_speed, default=60.0, metavar="N", help="how much faster time runs (default: 60, a day in 24 min)"
    )
    how.add_argument("--once", action="store_true", help="play one day as fast as it goes, print its digest and end")
    demo.set_defaults(run=_demo)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 5000:  # noqa: PLR2004 - what the help of the demo's README says
        raise argparse.ArgumentTypeError(f"a number from 1 to 5000 is expected, not {text!r}")
    return speed


def _demo(arguments: argparse.Namespace) -> int:
    from webcare.demo.command import demo

    return demo(arguments)
