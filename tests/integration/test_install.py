"""What an operator installs: not much, and no torch."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 450 * 1000 * 1000
PATIENCE = timedelta(minutes=20).total_seconds()
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?(==[^\\]+)", re.MULTILINE)  # with its marker, without its hashes
BROUGHT_BY_VENV = {"pip", "setuptools", "wheel"}


def run(*command, **options):
    """Run a program, which unlike this process may ask the package registry."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(command, check=True, env=environment, timeout=PATIENCE, text=True, **options)


@pytest.mark.slow
def test_the_run_time_is_small_and_without_torch(tmp_path, capsys):
    """A venv of its own, filled as `pip install .` does it, at the versions of requirements.lock."""
    venv, pins = tmp_path / "venv", tmp_path / "pins.txt"
    found = PIN.findall((ROOT / "requirements.lock").read_text())
    pins.write_text("".join(f"{name}{version.strip()}\n" for name, version in found))
    run(sys.executable, "-m", "venv", venv)
    pip = (venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--no-compile", "--constraint", pins, ROOT)
    (packages,) = (venv / "lib").glob("python3*/site-packages")
    installed = [folder for folder in packages.iterdir() if re.split(r"[-_.]", folder.name)[0] not in BROUGHT_BY_VENV]
    files = [file for folder in installed for file in (folder, *folder.rglob("*")) if file.is_file()]
    size = sum(file.lstat().st_blocks * 512 for file in files if file.suffix != ".pyc")  # as `du` counts
    with capsys.disabled():
        print(f"\nthe run time takes {size / 1e6:.0f} MB")  # noqa: T201 - the figure is wanted
    assert size < LARGEST
    assert "torch" not in {folder.name for folder in installed}
    assert run(venv / "bin/webcare", "--version", capture_output=True).stdout.startswith("webcare ")
