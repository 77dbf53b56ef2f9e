"""`webcare`: a few lines a command. What a command needs is imported when it runs, so that none waits for another's libraries."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING

from webcare import __version__
from webcare.cli_database import database
from webcare.cli_demo import add_demo
from webcare.cli_digest import add_digest
from webcare.cli_drill import add_drill
from webcare.cli_model import MODEL, MODEL_HELP, add_model
from webcare.cli_user import add_user
from webcare.lines import DONE, NOT_STARTED, CannotStart, answer_lines

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 some input was refused, 2 could not start."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its code
    try:
        _require_config(arguments)
        status: int = arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # while somebody can still be told that it failed
    except CannotStart as error:
        print(f"webcare: {error}", file=sys.stderr)
        return NOT_STARTED
    except BrokenPipeError:  # the reader went away: nothing to complain about
        _forget_output()
        return DONE
    except OSError as error:  # a full disk, a pulled drive: what was open has already been named by who opened it
        _forget_output()
        print(f"webcare: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""), file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        return 130
    return status


def _forget_output() -> None:
    """Let what could not be written go, or Python tries once more when it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _require_config(arguments: argparse.Namespace) -> None:
    """Refuse a config file that was named and is not there, also for a command that needs none: it is a slip.

    Raises:
        CannotStart: there is no such file.
    """
    named = getattr(arguments, "config", None)
    if named is not None and not os.path.isfile(named):  # noqa: PTH113 - pathlib would cost an import on every start
        raise CannotStart(f"no config file {named}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="webcare", description="Every customer question and complaint answered before its response target runs out."
    )
    parser.add_argument("--version", action="version", version=f"webcare {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="default: $WEBCARE_CONFIG, then /etc/webcare/webcare.toml")
    _daemon_commands(commands, common)
    _channel_commands(commands, common)
    _text_commands(commands, common)
    _case_commands(commands, common)
    _connector_commands(commands, common)
    _privacy_commands(commands, common)
    add_user(commands, common)
    _replay_command(commands, common)
    add_model(commands, common)
    add_digest(commands, common)
    add_drill(commands, common)
    add_demo(commands, common)
    return parser


def _daemon_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    commands.add_parser("run", parents=[common], help="the daemon").set_defaults(run=_run)


def _channel_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    check = commands.add_parser("check", parents=[common], help="try everything that the config names; exit 1 for a finding")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)

    channels = commands.add_parser("channels", parents=[common], help="how each channel fares, and what it costs")
    channels.add_argument("--json", action="store_true")
    channels.set_defaults(run=_list_channels)
    connect = channels.add_subparsers(metavar="COMMAND").add_parser(
        "connect", help="give a channel its keys; they are tried first"
    )
    connect.add_argument("name", metavar="NAME", help="the channel's name in the config")
    connect.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS)
    connect.set_defaults(run=_connect)


def _text_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    classify = commands.add_parser("classify", parents=[common], help="say what messages mean: a JSON line in, a JSON line out")
    classify.add_argument("file", nargs="?", metavar="FILE", help="JSON lines; - or nothing reads standard input")
    classify.add_argument("--explain", action="store_true", help="add the words that carried the decision")
    classify.add_argument("--model", metavar="DIR", default=os.environ.get(MODEL), help=MODEL_HELP)
    classify.add_argument("--db", metavar="URL", help="where `--model chosen` is found, in place of the one in the config")
    classify.set_defaults(run=_classify)

    sla = commands.add_parser("sla", help="the SLA engine on its own")
    evaluate = sla.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "evaluate", parents=[common], help="compute every clock of a case: a JSON line in, a JSON line out"
    )
    evaluate.add_argument("file", nargs="?", metavar="FILE", help="JSON lines; - or nothing reads standard input")
    evaluate.set_defaults(run=_evaluate)


def _case_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    db = argparse.ArgumentParser(add_help=False)
    db.add_argument("--db", metavar="URL", help="sqlite:///PATH, a path, or postgresql://USER@HOST/NAME")

    cases = commands.add_parser("cases", parents=[common, db], help="list cases, what runs out first on top")
    cases.add_argument("--state", choices=("open", "closed"))
    cases.add_argument("--channel", help="a kind (twitter) or an account (twitter:42)")
    cases.add_argument("--brand")
    cases.add_argument("--missed", action="store_true", help="only cases with a clock that was missed")
    cases.add_argument("--limit", type=_count, default=1000, metavar="N")
    cases.add_argument("--json", action="store_true")
    cases.set_defaults(run=_list_cases)

    why = commands.add_parser("why", parents=[common, db], help="explain a case: its opening, its deadlines, who was told")
    why.add_argument("case", metavar="CASE", help="a case's number, or the platform id of a message in it")
    why.add_argument("--zone", default="Europe/Amsterdam", help="time zone of the times shown (default: %(default)s)")
    why.add_argument("--json", action="store_true")
    why.set_defaults(run=_explain_case)

    schema = commands.add_parser("db", help="the database's schema").add_subparsers(required=True, metavar="COMMAND")
    schema.add_parser("upgrade", parents=[common, db], help="bring the schema up to date").set_defaults(run=_upgrade)
    schema.add_parser(
        "current", parents=[common, db], help="show the schema's revision; exit 1 when it is not the newest"
    ).set_defaults(run=_current)


def _connector_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    normalize = commands.add_parser("normalize", parents=[common], help="say what platform payloads hold, as a JSON line each")
    normalize.add_argument("connector", metavar="CONNECTOR", help="a folder's name: twitter, facebook, instagram, whatsapp")
    normalize.add_argument(
        "files", nargs="*", metavar="FILE", help="webhook bodies or poll answers; - or nothing reads standard input"
    )
    normalize.add_argument("--self", dest="me", metavar="ID", help="our account, where the payload does not say")
    normalize.set_defaults(run=_normalize)

    take_in = commands.add_parser(
        "import", parents=[common], help="take in what was said before webcare listened; nothing is sent"
    )
    take_in.add_argument("channel", metavar="CHANNEL", help="the channel's name in the config")
    take_in.add_argument("file", metavar="FILE", help="lines as `normalize` writes them, or payloads; - reads standard input")
    take_in.set_defaults(run=_import)


def _privacy_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument("--db", metavar="URL", help="in place of the one in the config")
    person = argparse.ArgumentParser(add_help=False)
    person.add_argument(
        "person", metavar="PERSON", help="kind:id (whatsapp:31612345678); a name or handle lists who may be meant"
    )
    told = argparse.ArgumentParser(add_help=False)
    told.add_argument("--json", action="store_true")
    dry = argparse.ArgumentParser(add_help=False)
    dry.add_argument("--dry-run", action="store_true", help="show how much it is, and leave it")
    sure = argparse.ArgumentParser(add_help=False)
    sure.add_argument("--yes", action="store_true", help="do not ask")

    erase = commands.add_parser("erase", parents=[common, kept, person, dry, sure, told], help="forget a customer; numbers stay")
    whom = erase.add_mutually_exclusive_group()
    whom.add_argument("--linked", action="store_true", help="and every identity that people linked with it")
    whom.add_argument("--alone", action="store_true", help="this identity only, though others are linked with it")
    erase.set_defaults(run=_erase)
    export = commands.add_parser("export", parents=[common, kept, person], help="everything kept of a customer, as JSON")
    export.add_argument("--linked", action="store_true", help="add what is kept of every identity that people linked with it")
    export.set_defaults(run=_export)
    retention = commands.add_parser("retention", help="forget what is past its time").add_subparsers(
        required=True, metavar="COMMAND"
    )
    run = retention.add_parser("run", parents=[common, kept, dry, told], help="do now what the daemon does by itself")
    run.set_defaults(run=_retention)
    resume = commands.add_parser(
        "resume", parents=[common, kept, sure, told], help="send what is held since a backup was restored"
    )
    resume.set_defaults(run=_resume)


def _replay_command(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    replay = commands.add_parser("replay", parents=[common], help="run a recorded stream through everything, on virtual time")
    replay.add_argument("file", metavar="FILE", help="JSON lines; - reads standard input")
    replay.add_argument("--db", metavar="URL", help="keep the result in this database (default: a throw-away one)")
    replay.add_argument("--events", metavar="FILE", help="write every event with its virtual time, a JSON line each")
    replay.add_argument("--policy", metavar="FILE", help="TOML or JSON with the keys of a policy and `calendars`")
    replay.add_argument("--model", metavar="DIR", default=os.environ.get(MODEL), help=MODEL_HELP)
    replay.add_argument("--until", metavar="TIME", help="stop there (default: when nothing is due any more)")
    replay.add_argument("--faults", nargs="+", default=[], metavar="FAULT", help="restart, duplicate, late, reorder")
    replay.add_argument("--seed", type=int, default=0, metavar="N", help="which bad day (default: %(default)s)")
    replay.add_argument("--kill-after", type=int, help=argparse.SUPPRESS)
    replay.set_defaults(run=_replay)


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - what a database counts
    if number == 0:
        raise argparse.ArgumentTypeError(f"a number from 1 to 999999999 is expected, not {text!r}")
    return number


def _run(arguments: argparse.Namespace) -> int:
    from webcare.daemon import run

    return run(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from webcare.check_commands import check

    return check(arguments)


def _list_channels(arguments: argparse.Namespace) -> int:
    from webcare.channel_commands import list_channels

    return list_channels(arguments)


def _connect(arguments: argparse.Namespace) -> int:
    from webcare.channel_commands import connect

    return connect(arguments)


def _list_cases(arguments: argparse.Namespace) -> int:
    from webcare.case_commands import list_cases

    return list_cases(database(arguments))


def _explain_case(arguments: argparse.Namespace) -> int:
    from webcare.case_commands import explain_case

    return explain_case(database(arguments))


def _upgrade(arguments: argparse.Namespace) -> int:
    from webcare.case_commands import upgrade

    return upgrade(database(arguments))


def _current(arguments: argparse.Namespace) -> int:
    from webcare.case_commands import current

    return current(database(arguments))


def _erase(arguments: argparse.Namespace) -> int:
    from webcare.privacy_commands import erase_person

    return erase_person(database(arguments))


def _export(arguments: argparse.Namespace) -> int:
    from webcare.privacy_commands import export_person

    return export_person(database(arguments))


def _retention(arguments: argparse.Namespace) -> int:
    from webcare.privacy_commands import run_retention
    from webcare.settings import load

    return run_retention(database(arguments), load(arguments.config).retention)


def _resume(arguments: argparse.Namespace) -> int:
    from webcare.privacy_commands import resume

    return resume(database(arguments))


def _normalize(arguments: argparse.Namespace) -> int:
    from webcare.normalize_files import normalize

    return normalize(arguments.connector, arguments.files, arguments.me)


def _import(arguments: argparse.Namespace) -> int:
    from webcare.import_commands import import_file

    return import_file(arguments)


def _replay(arguments: argparse.Namespace) -> int:
    from webcare.domain.durations import parse_instant
    from webcare.replay.command import Options, read_faults, run

    try:
        until = None if arguments.until is None else parse_instant(arguments.until)
    except ValueError as error:
        raise CannotStart(f"--until: {error}") from None
    faults = [name for part in arguments.faults for name in part.split(",") if name]
    return run(
        Options(
            file=arguments.file,
            db=arguments.db,
            events=arguments.events,
            policy=arguments.policy,
            model=arguments.model,
            config=arguments.config,
            until=until,
            faults=read_faults(faults),
            seed=arguments.seed,
            kill_after=arguments.kill_after,
        )
    )


def _classify(arguments: argparse.Namespace) -> int:
    from webcare.classify_lines import classify
    from webcare.named_model import named_model

    model = named_model(arguments.model, arguments.config, arguments.db)
    return classify(arguments.file, model, explain=arguments.explain)


def _evaluate(arguments: argparse.Namespace) -> int:
    from webcare.sla_lines import Evaluator

    return answer_lines(arguments.file, Evaluator().line)


if __name__ == "__main__":
    sys.exit(main())
