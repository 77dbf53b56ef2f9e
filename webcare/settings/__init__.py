"""TOML, environment and systemd credentials -> one frozen model, read once.

The environment wins over credentials, and these over the file. An unknown key is an error that names the nearest known one, also in
the environment, where a typo would otherwise pass in silence. Secrets do not show in a repr or an error.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from webcare.lines import CannotStart
from webcare.settings.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "WEBCARE_"
DEFAULT_FILE = Path("/etc/webcare/webcare.toml")
NOT_SETTINGS = frozenset({"WEBCARE_CONFIG", "WEBCARE_CI", "WEBCARE_TEST_PG_URL"})


class Settings(Model, BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__")


def load(config: str | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: from `config`, else the file that $WEBCARE_CONFIG names, else /etc/webcare/webcare.toml if it is there.

    Raises:
        CannotStart: the file cannot be read, or a key in it or in the environment is unknown or wrong.
    """
    environment = os.environ if environment is None else environment
    named = config or environment.get("WEBCARE_CONFIG")
    file = Path(named) if named else DEFAULT_FILE
    if named and not file.is_file():
        raise CannotStart(f"no config file {file}")
    _refuse_unknown(environment)
    try:
        return _reading(file, environment.get("CREDENTIALS_DIRECTORY"))()
    except ValidationError as error:
        raise CannotStart(f"{file if named else 'settings'}: {'; '.join(_problems(error))}") from None
    except (OSError, ValueError) as error:
        raise CannotStart(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None


def _reading(file: Path, credentials: str | None) -> type[Settings]:
    """Return the model with its sources bound, the strongest first."""

    class Bound(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            sources = [env_settings]
            if credentials is not None:
                sources.append(
                    NestedSecretsSettingsSource(
                        file_secret_settings, secrets_dir=credentials, secrets_prefix=PREFIX, secrets_nested_delimiter="__"
                    )
                )
            return (*sources, TomlConfigSettingsSource(settings_cls, toml_file=file))

    return Bound


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """Refuse a variable of ours that names no setting."""
    known = {f"{PREFIX}{name}" for name in _names(Settings)}
    for name in environment:
        if name.upper().startswith(PREFIX) and name.upper() not in known | NOT_SETTINGS:
            raise CannotStart(f"the environment has {name}, which is no setting{_near(name.upper(), known)}")


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name.upper()}__{inner}" for inner in _names(field.annotation))


def _problems(error: ValidationError) -> Iterator[str]:
    known = {name.lower().replace("__", ".") for name in _names(Settings)}
    for problem in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"{where} is no setting{_near(where, known)}"
        else:
            yield f"{where}: {problem['msg']}"


def _near(name: str, known: set[str]) -> str:
    found: list[Any] = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
