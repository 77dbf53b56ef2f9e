"""What the settings are called: in the file, as a variable, as a credential; and which of their names lies nearest to a slip.

    [web] public_url        WEBCARE_WEB__PUBLIC_URL
    [secrets.x] token       WEBCARE_SECRETS__X__TOKEN

Tables that repeat ([[person]]) and free tables ([calendars]) have no variable: one text cannot hold them.
"""

from __future__ import annotations

import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from webcare.lines import CannotStart
from webcare.settings.model import Model
from webcare.settings.values import near, secret_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

PREFIX = "WEBCARE_"
NOT_SETTINGS = frozenset({"WEBCARE_CONFIG", "WEBCARE_CI", "WEBCARE_TEST_PG_URL"})
SECRETS = "secrets"
HARMLESS = frozenset({"mailto", "lines"})  # kinds of targets that hold no secret
EXPECTED = {  # in place of what pydantic says, which speaks of Python
    "tuple_type": "a list is expected",
    "dict_type": "a table is expected",
    "model_type": "a table is expected",
    "string_type": "a text is expected",
    "string_too_short": "a text is expected",
    "too_short": "at least one is expected",
}
_SECRET_PARTS = 3

Path = tuple[str, ...]


def is_many(annotation: Any) -> bool:
    """Tell whether this holds tables that repeat, or tables of any name."""
    inner = _bare(annotation)
    if get_origin(inner) is tuple:
        section, is_free = section_in(get_args(inner)[0]), get_origin(_bare(get_args(inner)[0])) is dict
        return section is not None or is_free
    return get_origin(inner) is dict


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation is about, also where it is optional or repeats."""
    inner = _bare(annotation)
    if get_origin(inner) is tuple:
        return section_in(get_args(inner)[0])
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """Return an annotation without `None` and without what stands beside it."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def variables(model: type[BaseModel] = Model, at: Path = ()) -> Iterator[Path]:
    """Yield the path of each setting that one text can hold, but for [secrets], which names its own."""
    for name, field in model.model_fields.items():
        section = section_in(field.annotation)
        if is_many(field.annotation):
            continue
        if section is None:
            yield (*at, name)
        else:
            yield from variables(section, (*at, name))


def variable(path: Path) -> str:
    return PREFIX + "__".join(path).upper()


def read_names(texts: Mapping[str, str], where: str, *, others: bool) -> dict[Path, str]:
    """Return the settings that variables or credentials hold; `others` says that names that are not ours may stand among them.

    Raises:
        CannotStart: one of them names no setting, or is empty.
    """
    known = {variable(path): path for path in variables()}
    found: dict[Path, str] = {}
    for name, text in texts.items():
        upper = name.upper()
        if upper in NOT_SETTINGS or (others and not upper.startswith(PREFIX)):
            continue
        path = known.get(upper) or _secret(upper) or _refuse(name, known, where)
        if not text.strip():
            raise CannotStart(f"{where} {name} is empty: give it a value, or take it away")
        found[path] = text
    return found


def _secret(name: str) -> Path | None:
    path = tuple(name.removeprefix(PREFIX).lower().split("__"))
    if path[0] != SECRETS or len(path) != _SECRET_PARTS:
        return None
    try:
        return (SECRETS, secret_table(path[1]), secret_table(path[2]))
    except ValueError:
        return None


def _refuse(name: str, known: Mapping[str, Path], where: str) -> Path:
    first = name.upper().removeprefix(PREFIX).partition("__")[0].lower()
    field = Model.model_fields.get(first) if name.upper().startswith(PREFIX) else None
    if first == SECRETS and field is not None:
        raise CannotStart(f"{where} {name} is no secret: a name like {PREFIX}SECRETS__TABLE__SECRET is expected")
    if field is not None and is_many(field.annotation):
        raise CannotStart(
            f"{where} {name}: {first} is a list of tables, and one text cannot hold it: write it in the config file"
        )
    if field is not None and section_in(field.annotation) and "__" not in name.removeprefix(PREFIX):
        raise CannotStart(f"{where} {name} is a table: name the setting in it, as in {_example(first)}")
    raise CannotStart(f"{where} {name} is no setting{near(name.upper(), known)}")


def _example(section: str) -> str:
    return variable(next(path for path in variables() if path[0] == section))


# --- what is wrong, by its name ---


def problems(error: ValidationError, origins: Mapping[Path, str]) -> Iterator[str]:
    """Yield a line for each problem, without any value; `origins` says what did not come from the file."""
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        path = tuple(part for part in problem["loc"] if part != "[key]")
        yield f"{origins.get(tuple(map(str, path)), dotted(path))}{_wrong(path, problem)}".removeprefix(": ")


def _wrong(path: tuple[str | int, ...], problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return f" is no setting{_nearest(path)}"
    if problem["type"] == "missing":
        return " is missing"
    return f": {EXPECTED.get(problem['type']) or problem['msg'].removeprefix('Value error, ')}"


def dotted(path: tuple[str | int, ...]) -> str:
    """Return `person[0].contacts[1].target`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _nearest(path: tuple[str | int, ...]) -> str:
    """Return the nearest name beside it, else the nearest of all."""
    section: type[BaseModel] | None = Model
    for part in path[:-1]:
        if section is not None and isinstance(part, str):
            section = section_in(section.model_fields[part].annotation) if part in section.model_fields else None
    name, beside = str(path[-1]), dotted(path[:-1])
    found = near(name, section.model_fields if section is not None else (), f"{beside}.{{}}" if beside else "{}")
    return found or near(dotted(path), (".".join(known) for known in variables()))


# --- what is secret ---


def secrets_in(doc: Mapping[str, Any], model: type[BaseModel] = Model, at: str = "") -> Iterator[str]:
    """Yield the name of each secret that stands in a file."""
    for name, value in doc.items():
        field = model.model_fields.get(name)
        annotation = None if field is None else field.annotation
        section = section_in(annotation)
        if section is not None:
            for table in value if isinstance(value, list) else [value]:
                if isinstance(table, dict):
                    yield from secrets_in(table, section, f"{at}{name}.")
        elif re.search(rf"\b{SecretStr.__name__}\b", str(annotation)):
            where = f"{at}{name}"
            yield from (f"{where}{below}" for below, text in _texts(value) if not _is_harmless(where, text))


def _texts(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, at)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, f"{at}.{name}")


def _is_harmless(where: str, text: str) -> bool:
    """Tell whether others may read the address of a database or a mailbox: it names no password."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_open = where == "database.url" or parts.scheme in HARMLESS
    return is_open and parts.password is None and "password" not in parts.query
