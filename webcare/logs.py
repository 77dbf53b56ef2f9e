"""One stream of log lines on standard error: ours and those of the libraries, JSON for a service, text on a terminal.

    structlog event --.
                       >-- level, time, traceback without local variables --> redacted --> JSON or text
    logging record --'

No line may hold a customer's words, a token or an address with a secret in it. Events of ours have none to begin with; what an error of a
library quotes is redacted here, whatever the field. Libraries that log tokens and addresses as a matter of course are kept quiet.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

OURS = ("webcare", "connectors", "sentiment")
QUIET = ("aiohttp.access", "oauthlib", "requests_oauthlib", "tweepy", "urllib3")
APART = ("apprise",)  # heard by us alone: its log is how we learn what a receiver answered, so its level is not touched
GONE = "…"
SHOWN_SCHEMES = ("http", "https", "postgresql", "sqlite")  # any other address is a target, which is a secret as a whole

_TELLING = (
    r"authorization|cookie|set-cookie|x-hub-signature(?:-256)?|[\w.-]*(?:token|secret|password|passwd|api[_-]?key|signature)"
)
_NAMED = re.compile(
    rf"(?i)\b({_TELLING})(['\"]?\s*[:=]\s*)(?:(?:bearer|basic|oauth|digest)\s+)?(?:\"[^\"]*\"|'[^']*'|[^\s,;&)}}\]]+)"
)
_IS_TELLING = re.compile(rf"(?i)(?:{_TELLING})")
_BEARER = re.compile(r"(?i)\b(bearer|basic|oauth)\s+[\w.~+/%=-]{8,}")
_TARGET = re.compile(rf"(?i)\b(?!(?:{'|'.join(SHOWN_SCHEMES)})://)([a-z][a-z0-9+.-]*)://[^\s\"'<>]+")
_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@\"'<>]*@")
_QUERY = re.compile(r"(?i)(\bhttps?://[^\s?#\"'<>]*|(?<![\w\"'])/[^\s?#\"'<>]*)[?#][^\s\"'<>]*")
_LONG = re.compile(r"(?<![\w-])(?=[\w%-]*\d)(?=[\w%-]*[a-z])(?=[\w%-]*[A-Z])[\w%-]{24,}|(?<![\w-])[0-9a-fA-F]{32,}(?![\w-])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RULES = ((_TARGET, rf"\1://{GONE}"), (_USER, rf"\1{GONE}@"), (_QUERY, rf"\1?{GONE}"), (_NAMED, rf"\1\2{GONE}"))


def redacted(text: str) -> str:
    """Return a text without what proves who we are: tokens, signatures, passwords, query strings, targets of alerts."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return _LONG.sub(GONE, _BEARER.sub(rf"\1 {GONE}", text))


def harmless(text: str) -> str:
    """Return a text in which nothing steers a terminal or turns the reading direction."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact every value of a line, however deep, and whatever stands under the name of a secret; a terminal is safe to show it."""
    return {key: value if key in ("timestamp", "level") else _plain(key, value) for key, value in event.items()}


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if _IS_TELLING.fullmatch(key):
        return GONE
    if isinstance(value, dict):
        return {str(name): _plain(str(name), inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain("", inner) for inner in value]
    return harmless(redacted(value if isinstance(value, str) else str(value)))


# --- the stream ---


class _Stream(logging.StreamHandler[Any]):
    """Ours among the handlers of the root logger."""


def configure(format_: str = "auto", level: str = "info") -> None:
    """Send every line to standard error from now on: `json`, `text`, or `auto`, which is text on a terminal; from this level up.

    Libraries are heard from `warning` up, or from our level if that is higher.
    """
    is_text = format_ == "text" or (format_ == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    stream = _Stream(sys.stderr)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,  # Python's own traceback: it shows no local variables
                redact,
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
                if is_text
                else structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(known for known in root.handlers if not isinstance(known, _Stream)), stream]
    logging.captureWarnings(capture=True)
    set_level(level)


def set_level(level: str) -> None:
    """Write from this level up: debug, info, warning, error."""
    ours: int = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(max(ours, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(ours)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in APART:
        talker = logging.getLogger(name)
        talker.propagate = False
        if not talker.handlers:
            talker.addHandler(logging.NullHandler())  # else Python would write to standard error itself
