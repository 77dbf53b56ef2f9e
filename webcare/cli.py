"""`webcare`: a few lines a command. What a command needs is imported when it runs, so that none waits for another's libraries."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from webcare import __version__
from webcare.lines import NOT_STARTED, CannotStart, answer_lines

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 some input was refused, 2 could not start."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except CannotStart as error:
        print(f"webcare: {error}", file=sys.stderr)
        return NOT_STARTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away: nothing to complain about
        return 0
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="webcare", description="Every customer question and complaint answered before its response target runs out."
    )
    parser.add_argument("--version", action="version", version=f"webcare {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="default: $WEBCARE_CONFIG, then /etc/webcare/webcare.toml")
    _text_commands(commands, common)
    return parser


def _text_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    classify = commands.add_parser("classify", parents=[common], help="say what messages mean: a JSON line in, a JSON line out")
    classify.add_argument("file", nargs="?", metavar="FILE", help="JSON lines; - or nothing reads standard input")
    classify.add_argument("--explain", action="store_true", help="add the words that carried the decision")
    classify.add_argument("--model", metavar="DIR", help="a model folder, or `rules` for the word rules (the default)")
    classify.set_defaults(run=_classify)

    sla = commands.add_parser("sla", help="the SLA engine on its own")
    evaluate = sla.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "evaluate", parents=[common], help="compute every clock of a case: a JSON line in, a JSON line out"
    )
    evaluate.add_argument("file", nargs="?", metavar="FILE", help="JSON lines; - or nothing reads standard input")
    evaluate.set_defaults(run=_evaluate)


def _classify(arguments: argparse.Namespace) -> int:
    from webcare.bootstrap import open_classifier
    from webcare.classify_lines import classify_line

    classifier = open_classifier(arguments.model)
    return answer_lines(arguments.file, lambda line: classify_line(line, classifier, explain=arguments.explain))


def _evaluate(arguments: argparse.Namespace) -> int:
    from webcare.sla_lines import Evaluator

    return answer_lines(arguments.file, Evaluator().line)


if __name__ == "__main__":
    sys.exit(main())
