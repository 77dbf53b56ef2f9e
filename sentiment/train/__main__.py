"""`make train`: everything from texts to the folder that ships. Each step leaves its result in the work folder, so that it can go on.

    python -m sentiment.train base     vocabulary, lexicon, hidden words      about 8 minutes on two cores
    python -m sentiment.train labels   labels on the base, int8, calibrated, measured, described       about three hours:
                                       two models from labels alone; two from halfway between them, taught by them as well; two more
                                       from halfway between those, likewise; and the mean of the last two
    python -m sentiment.train labels --from MODEL --teacher ONE --teacher TWO     one stage, from a model that was made here,
                                       with the messages that came since: about an hour
    python -m sentiment.train measure  what is in OUT: calibrated on dev as it is now, measured, described
    python -m sentiment.train compare  the other ways on the same splits      about an hour
    python -m sentiment.train all      base and labels

What an earlier run finished in WORK is taken as it is: a training that was broken off goes on from there. Another folder, or an empty
one, begins anew. SHARED is where the public texts lie, as the model card lists them; without them the command says so.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from sentiment.train import compare, corpora, pretrain, vocabulary
from sentiment.train.card import write_card
from sentiment.train.device import chosen
from sentiment.train.export import blended, seal
from sentiment.train.finish import calibrate, finish, in_short, measure
from sentiment.train.supervise import ONWARD, PASSES, Lessons, is_model, supervise
from sentiment.train.teachers import logits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenizers import Tokenizer

    from sentiment.model.classifier import ModelClassifier
    from sentiment.train.network import Network

    Lexicon = Mapping[str, Sequence[str]]

log = structlog.get_logger()

WEIGHTS = Path(__file__).parent.parent / "weights"
TIMES, FIGURES, WAYS = "times.json", "figures.json", "ways.json"
ALONE, TAUGHT = "labels alone", "with teachers"
STAGES = (ALONE, TAUGHT, TAUGHT)  # the first one's models teach those that are taught
BESIDE = 2  # models of a stage: they begin at the same place and go different ways
_READS = {"labels": ("base",), "measure": (WAYS, TIMES), "compare": ("base", FIGURES, TIMES)}  # of the work folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sentiment.train", description="Train the model that ships.")
    parser.add_argument("step", choices=("base", "labels", "measure", "compare", "all"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="the folder with the public texts")
    parser.add_argument("--work", type=Path, default=Path(".train"), help="where intermediate results are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the model folder to write")
    parser.add_argument("--teacher", type=Path, action="append", help="a model folder whose answers are learned; again for more")
    parser.add_argument("--from", dest="start", type=Path, help="labels: go on from this model folder, for fewer epochs")
    parser.add_argument("--epochs", type=int, help="compare: teach each way only so long, the carried over one with them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", choices=("cpu", "cuda"), help="where to train; without it a GPU where there is one")
    asked = parser.parse_args()
    if not (asked.shared / "train").is_dir():
        parser.error(f"no public texts in {asked.shared / 'train'}: name their folder with --shared")
    try:
        asked.device = chosen(asked.device)
    except ValueError as error:
        parser.error(str(error))
    if asked.start and not is_model(asked.start):
        parser.error(f"{asked.start} holds no model that was made here")
    for name in _READS.get(asked.step, ()):
        if not (asked.work / name).exists() and not (name == "base" and asked.start and asked.teacher):
            parser.error(
                f"{asked.work / name} is not there: {asked.step} goes on from an earlier step: name its folder with --work"
            )
    log.info("train.device", device=str(asked.device))
    asked.work.mkdir(parents=True, exist_ok=True)
    public = corpora.public(asked.shared / "train")
    if asked.step == "base" or (asked.step == "all" and not (asked.work / "base" / "tokenizer.json").exists()):
        began = _worked()
        pretrain.pretrain(public, asked.work / "base", device=asked.device, seed=asked.seed)
        _keep(asked.work / TIMES, base=_worked() - began)
    if asked.step in {"labels", "all"}:
        _labels(asked, public)
    if asked.step == "measure":
        _describe(asked, calibrate(asked.out))
    if asked.step == "compare":
        _compare(asked, public)
    return 0


def _labels(asked: argparse.Namespace, public: Sequence[corpora.Example]) -> None:
    """Go through the stages; where the teachers are named, pupils alone, from the model that is named or halfway between the teachers."""
    lexicon = vocabulary.read_lexicon(corpora.OWN / "lexicon.nl.txt")
    models, teachers = [asked.start or asked.work / "base"], asked.teacher
    if asked.teacher and not asked.start:
        models = asked.teacher
    for number, way in enumerate((TAUGHT,) if asked.teacher else STAGES, 1):
        models = _stage(asked, public, lexicon, number, models, teachers if way == TAUGHT else ())
        teachers = teachers or models
    network, words = blended(models)
    _describe(asked, finish(network, words, asked.out))


def _stage(
    asked: argparse.Namespace,
    public: Sequence[corpora.Example],
    lexicon: Lexicon,
    stage: int,
    starts: Sequence[Path],
    teachers: Sequence[Path],
) -> list[Path]:
    """Return the folders of models that all began at the mean of `starts`, trained unless an earlier run left them."""
    folders = [asked.work / f"stage-{stage}-{number}" for number in range(1, BESIDE + 1)]
    way, passes = TAUGHT if teachers else ALONE, ONWARD if all(map(is_model, starts)) else PASSES
    lessons = Lessons(public, lexicon, seed=asked.seed + stage)
    for number, folder in enumerate(folders, 1):
        if _is_whole(folder):
            continue
        log.info("train.stage", stage=stage, way=way, model=number, of=BESIDE)
        began, seed = _worked(), asked.seed + 1000 * stage + 100 * number
        if teachers and not lessons.were_heard:
            lessons.hear(teachers, passes, device=asked.device)
        network, words = supervise(starts, lessons, device=asked.device, passes=passes, seed=seed)
        _keep(asked.work / TIMES, **{f"stage {stage}, {way}, {number}": _worked() - began})
        finish(network, words, folder)
    _tell(asked, f"carried over, stage {stage}: {way}", *blended(folders))
    return folders


def _tell(asked: argparse.Namespace, way: str, network: Network, words: Tokenizer) -> None:
    _keep(asked.work / WAYS, **{way: _figures(logits_of(network, words, _tests(asked)), asked)})


def _is_whole(folder: Path) -> bool:
    return (folder / "SHA256SUMS").exists()  # which is written last


def _describe(asked: argparse.Namespace, classifier: ModelClassifier) -> None:
    found = measure(classifier, asked.shared)
    _keep(asked.work / FIGURES, **found)
    in_short(asked.out, found)
    write_card(asked.out, found, ways=_read(asked.work / WAYS), times=_read(asked.work / TIMES))
    seal(asked.out)


def _compare(asked: argparse.Namespace, public: Sequence[corpora.Example]) -> None:
    taught, tests = corpora.own("train"), _tests(asked)
    own = [e for e in tests if e.source == "own"]
    held = [e for e in tests if e.source != "own"]
    years = [e for e in public if e.source.startswith("semeval")]
    both = [*compare.bag_of_words(taught, own), *compare.bag_of_words(years, held, balanced=True)]
    _keep(asked.work / WAYS, **{"bag of words": _figures(both, asked)})
    compare.scratch(asked.work / "base", asked.work / "scratch")
    ways = {"english": pretrain.start_folder(), "from scratch": asked.work / "scratch"}
    ways |= {"carried over": asked.work / "base"} if asked.epochs else {}
    passes = (replace(PASSES[0], epochs=asked.epochs),) if asked.epochs else PASSES
    said = f", {asked.epochs} epoch{'s' * (asked.epochs > 1)}" if asked.epochs else ""
    for way, base in ways.items():
        even = tuple(replace(one, deeper=1.0) for one in passes)  # random weights know nothing that they should keep
        lessons = Lessons(public, {}, seed=asked.seed)
        network, words = supervise(
            [base], lessons, device=asked.device, passes=even if way == "from scratch" else passes, seed=asked.seed
        )
        _keep(asked.work / WAYS, **{way + said: _figures(logits_of(network, words, tests), asked)})
    write_card(asked.out, _read(asked.work / FIGURES), ways=_read(asked.work / WAYS), times=_read(asked.work / TIMES))
    seal(asked.out)


def _tests(asked: argparse.Namespace) -> list[corpora.Example]:
    return [*corpora.own("test"), *corpora.held_out(asked.shared / "train")]


def _figures(logits: Any, asked: argparse.Namespace) -> dict[str, Any]:
    tests = _tests(asked)
    found: dict[str, Any] = {}
    for lang in ("nl", "en"):
        rows = [at for at, e in enumerate(tests) if e.source == "own" and e.lang == lang]
        found[lang] = compare.figures(np.asarray([logits[at] for at in rows]), [tests[at] for at in rows])
    rows = [at for at, e in enumerate(tests) if e.source != "own"]
    found["semeval macro recall"] = compare.feeling(np.asarray([logits[at] for at in rows]), [tests[at] for at in rows])
    return found


def _worked() -> float:
    """Return the seconds of processor time so far, helpers that ended with it: what the energy hangs on."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _keep(file: Path, **found: Any) -> None:
    file.write_text(json.dumps(_read(file) | found, indent=1) + "\n", encoding="utf-8")


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


if __name__ == "__main__":
    sys.exit(main())
