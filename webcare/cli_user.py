"""`webcare user` for the command line: what may be asked for."""

from __future__ import annotations

import argparse

from webcare.cli_database import database


def add_user(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument("--db", metavar="URL", help="in place of the one in the config")
    person = argparse.ArgumentParser(add_help=False)
    person.add_argument("name", metavar="NAME", help="what the person logs in with: the id of a [[person]], or a new one")

    user = commands.add_parser("user", help="who may log in to the inbox").add_subparsers(required=True, metavar="COMMAND")
    add = user.add_parser("add", parents=[common, kept, person], help="give somebody a login; prints a link that works once")
    add.add_argument("--role", choices=("agent", "lead", "admin", "auditor"), help="needed for somebody new")
    add.add_argument("--called", metavar="FULL-NAME", help="as colleagues see it (default: NAME)")
    add.add_argument("--mail", metavar="ADDRESS", help="where alerts and letters reach somebody new")
    add.add_argument("--language", choices=("nl", "en"), help="of somebody new (default: as in [house])")
    add.set_defaults(run=_add_user)
    listed = user.add_parser("list", parents=[common, kept], help="everybody who has a login")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(run=_list_users)
    disable = user.add_parser("disable", parents=[common, kept, person], help="end a login and its sessions; `add` gives it back")
    disable.set_defaults(run=_disable_user)


def _add_user(arguments: argparse.Namespace) -> int:
    from webcare.settings import load
    from webcare.user_commands import add

    return add(database(arguments), load(arguments.config))


def _list_users(arguments: argparse.Namespace) -> int:
    from webcare.user_commands import list_users

    return list_users(database(arguments))


def _disable_user(arguments: argparse.Namespace) -> int:
    from webcare.user_commands import disable

    return disable(database(arguments))
