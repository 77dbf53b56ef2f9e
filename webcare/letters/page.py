"""Letters as HTML: a Jinja2 template that escapes everything, and its styles written into the tags, where mail clients keep them.

Only `@media` stays in the head: dark colours and small screens. Nothing is fetched, neither here nor by the reader's mail client.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"


def page(template: str, **values: Any) -> str:
    """Return the letter as mail clients can show it."""
    return _inliner().inline(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
