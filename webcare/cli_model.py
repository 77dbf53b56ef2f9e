"""`webcare model` for the command line: what may be asked for."""

from __future__ import annotations

import argparse
import os

MODEL = "WEBCARE_SENTIMENT__MODEL"  # the setting's name in the environment: commands that need no config read it too
MODEL_HELP = (
    "a model folder, `rules`, `builtin`, or `chosen`: what was chosen or learned, as the database of the config says "
    f"(default: ${MODEL}, else [sentiment] model of a config that you name, else the shipped model)"
)


def add_model(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument("--db", metavar="URL", help="in place of the one in the config")
    told = argparse.ArgumentParser(add_help=False)
    told.add_argument("--json", action="store_true")

    model = commands.add_parser("model", help="what says what messages mean").add_subparsers(required=True, metavar="COMMAND")
    evaluate = model.add_parser("evaluate", parents=[common, told], help="how good it is, on messages that people have labelled")
    evaluate.add_argument("file", metavar="FILE", help="lines as for `classify`, with labels; - reads standard input")
    evaluate.add_argument("--model", metavar="DIR", default=os.environ.get(MODEL), help=MODEL_HELP)
    evaluate.add_argument("--db", metavar="URL", help="where `--model chosen` is found, in place of the one in the config")
    evaluate.set_defaults(run=_evaluate)
    train = model.add_parser("train", parents=[common, kept, told], help="learn what people corrected; taken if it is better")
    train.add_argument("--dry-run", action="store_true", help="compare only")
    train.set_defaults(run=_train)
    info = model.add_parser("info", parents=[common, kept, told], help="which model answers, why, and how good it is")
    info.set_defaults(run=_info)
    use = model.add_parser("use", parents=[common, kept], help="let another model answer; the daemon follows within a minute")
    use.add_argument("model", metavar="DIR", help="a model folder, `builtin`, `rules`, or `previous`: the one before")
    use.set_defaults(run=_use)


def _evaluate(arguments: argparse.Namespace) -> int:
    from webcare.model_commands import evaluate

    return evaluate(arguments)


def _train(arguments: argparse.Namespace) -> int:
    from webcare.model_learning import train

    return train(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from webcare.model_commands import info

    return info(arguments)


def _use(arguments: argparse.Namespace) -> int:
    from webcare.model_commands import use

    return use(arguments)
