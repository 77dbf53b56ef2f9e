"""What lies in the repository, and what it stands on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENTRIES = {
    *(
        "pyproject.toml",
        "requirements.lock",
        "Makefile",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ),
    *("webcare", "connectors", "sentiment", "alembic", "config", "tests", "systemd", ".ci"),
}
LARGEST = 1024 * 1024
WEIGHTS = re.compile(r"sentiment/weights/.*")
LARGEST_MODEL = 30_000_000
OWN_DATA = re.compile(r"sentiment/data/.*")  # a split is one file
LARGEST_DATA = 18_000_000
FIXED = {"tweepy", "aiohttp", "transformers", "sqlalchemy", "apscheduler", "structlog"}


def test_the_root_holds_what_the_house_plan_names_and_nothing_else(tracked):
    top = {name.partition("/")[0] for name in tracked}
    dotfiles = {name for name in top if name.startswith(".") and not (ROOT / name).is_dir()}
    assert top - dotfiles == ENTRIES


def test_nothing_hides_the_library_alembic():
    assert not list((ROOT / "alembic").rglob("__init__.py"))


def test_no_large_file_is_kept(tracked):
    large = [name for name in tracked if (ROOT / name).stat().st_size > LARGEST]
    assert not [name for name in large if not WEIGHTS.fullmatch(name) and not OWN_DATA.fullmatch(name)]


def test_the_model_stays_small(tracked):
    assert sum((ROOT / name).stat().st_size for name in tracked if WEIGHTS.fullmatch(name)) < LARGEST_MODEL
    assert sum((ROOT / name).stat().st_size for name in tracked if OWN_DATA.fullmatch(name)) < LARGEST_DATA


def test_nothing_is_kept_that_a_run_makes_again(tracked):
    made = re.compile(
        r"(^|/)(__pycache__|\.venv|\.[a-z]+_cache|\.hypothesis|dist|build)/|\.(pyc|db|db-wal|db-shm)$|^bench\.json$"
    )
    assert not [name for name in tracked if made.search(name)]


# --- dependencies


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements):
    return {plain(re.match(r"[A-Za-z0-9._-]+", requirement)[0]) for requirement in requirements}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(file="requirements.lock"):
    """Return what a lock file holds: name -> the lines of its hashes."""
    found, name = {}, ""
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==\S+", line)
        if pin:
            name = plain(pin[1])
            found.setdefault(name, [])
        elif line.startswith("    --hash=sha256:"):
            found[name].append(line)
        else:
            assert not line.strip() or line.lstrip().startswith("#"), f"neither pin nor hash: {line}"
    return found


def test_every_dependency_is_pinned_with_its_hashes():
    doc = project()
    wanted = named(doc["build-system"]["requires"]) | named(doc["project"]["dependencies"])
    extras = doc["project"]["optional-dependencies"]
    for extra in (extras["postgres"], doc["dependency-groups"]["dev"]):
        wanted |= named(extra)
    pinned = pins()
    assert wanted <= pinned.keys()
    assert all(pinned.values())
    assert extras.keys() - {"postgres"} == {"torch", "train"}  # gigabytes, which only these two need
    assert "torch" in named(extras["torch"]) & named(extras["train"])
    assert not {"torch", "scikit-learn", "onnxscript"} & pinned.keys()


def test_the_browser_is_pinned_apart_and_agrees_with_the_rest():
    groups, pinned = project()["dependency-groups"], pins()
    apart = pins("tests/browser/requirements-browser.lock")
    assert groups.keys() == {"dev", "browser"}
    assert named(groups["browser"]) <= apart.keys()
    assert all(apart.values())
    assert not named(groups["browser"]) & pinned.keys()
    assert {name: apart[name] for name in apart.keys() & pinned.keys()} == {
        name: pinned[name] for name in apart.keys() & pinned.keys()
    }


def test_what_the_project_is_built_on_is_named():
    doc = project()
    assert named(doc["project"]["dependencies"]) >= FIXED
    assert "pytest-asyncio" in named(doc["dependency-groups"]["dev"])
