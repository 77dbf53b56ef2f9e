"""Static files: what others wrote is what they published, and a first load stays small."""

from __future__ import annotations

import gzip
import hashlib
import re

from webcare.web.assets import FOLDER, Assets
from webcare.web.pages import TEMPLATES

PAGE = 40_000  # a queue of 25 rows, before it is pressed
FIRST_LOAD = 150_000


def test_the_files_of_others_are_as_they_published_them():
    lines = [line.split() for line in (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {name for _, name in lines} == {"htmx.min.js", "htmx.LICENSE"}
    for wanted, name in lines:
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == wanted, name


def test_a_first_load_is_small():
    assets = Assets()
    assert sum(len(asset.pressed) for asset in assets._by_path.values()) + PAGE < FIRST_LOAD


def test_another_text_is_another_name(tmp_path):
    paths = []
    for text in ("a", "b"):
        (tmp_path / "app.css").write_text(text, encoding="utf-8")
        assets = Assets(tmp_path)
        paths.append(assets.path("app.css"))
        assert gzip.decompress(assets._by_path[paths[-1]].pressed) == text.encode()
    assert len(set(paths)) == 2


def test_no_style_and_no_script_of_ours_asks_for_anything_elsewhere():
    ours = [FOLDER / name for name in ("app.css", "tokens.css", "inbox.js")]
    for file in (*ours, *TEMPLATES.glob("*.html")):
        assert not re.search(r"(https?:)?//[a-z]+\.|@import|url\(", file.read_text(encoding="utf-8")), file.name


def test_no_template_holds_a_script_or_a_style():
    for file in TEMPLATES.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|\|\s*safe\b|autoescape false", text), file.name
