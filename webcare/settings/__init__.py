"""TOML, environment and systemd credentials -> one frozen model, read once.

The environment wins over credentials, and these over the file. An unknown key is an error that names the nearest known one, wherever
it stands: in a list, in the environment, as a credential, where a typo would otherwise pass in silence. Secrets do not show in a repr
or an error, and a file that holds some must not be readable by everybody.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from webcare.lines import CannotStart
from webcare.settings.model import Settings
from webcare.settings.names import problems, read_names, secrets_in, variable
from webcare.settings.reload import Plan, reload_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from webcare.settings.names import Path as Name

__all__ = ["DEFAULT_FILE", "Plan", "Settings", "load", "reload_plan", "settings_of"]

DEFAULT_FILE = Path("/etc/webcare/webcare.toml")


class _Named(PydanticBaseSettingsSource):
    """Variables or credentials, each by its name."""

    def __init__(self, settings_cls: type[BaseSettings], texts: Mapping[Name, str]) -> None:
        super().__init__(settings_cls)
        self._texts = texts

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - asked for by the class
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        doc: dict[str, Any] = {}
        for path, text in self._texts.items():
            table = doc
            for part in path[:-1]:
                table = table.setdefault(part, {})
            table[path[-1]] = text
        return doc


def load(config: str | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: from `config`, else the file that $WEBCARE_CONFIG names, else /etc/webcare/webcare.toml if it is there.

    Raises:
        CannotStart: the file cannot be read, everybody can read secrets in it, or a key anywhere is unknown or wrong.
    """
    environment = os.environ if environment is None else environment
    named = config or environment.get("WEBCARE_CONFIG")
    file = Path(named) if named else DEFAULT_FILE
    if named and not file.is_file():
        raise CannotStart(f"no config file {file}")
    variables = read_names(environment, "the environment's", others=True)
    credentials = read_names(_credentials(environment.get("CREDENTIALS_DIRECTORY")), "the credential", others=False)
    origins = {path: f"credential {variable(path)}" for path in credentials} | {
        path: f"environment {variable(path)}" for path in variables
    }
    try:
        return _reading(file, variables, credentials)().read_from(file)
    except ValidationError as error:
        problem = f"{file if named else 'settings'}: {'; '.join(problems(error, origins))}"
    except (OSError, ValueError) as error:
        problem = f"cannot read {file}: {getattr(error, 'strerror', None) or error}"
    raise CannotStart(problem)  # here, where no other error hangs on it: that one knows the values


def settings_of(doc: Mapping[str, Any]) -> Settings:
    """Return the settings of a document that stands in no file: neither environment nor credentials add to it."""

    class Given(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *usual: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del settings_cls, usual
            return (named["init_settings"],)

    return Given(**doc)


def _reading(file: Path, variables: Mapping[Name, str], credentials: Mapping[Name, str]) -> type[Settings]:
    """Return the model with its sources bound, the strongest first."""

    class Bound(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_usual: PydanticBaseSettingsSource, **_named: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            written = TomlConfigSettingsSource(settings_cls, toml_file=file)
            _refuse_open(file, written.toml_data)
            return (_Named(settings_cls, variables), _Named(settings_cls, credentials), written)

    Bound.__name__ = Bound.__qualname__ = Settings.__name__
    return Bound


def _refuse_open(file: Path, doc: Mapping[str, Any]) -> None:
    """Refuse a file with secrets that everybody on this machine may read; its group may."""
    secret = sorted(set(secrets_in(doc)))
    if secret and stat.S_IMODE(file.stat().st_mode) & stat.S_IROTH:
        raise CannotStart(
            f"{file} holds secrets ({', '.join(secret)}) and everybody on this machine may read it: "
            f"chmod 640 {file} and give it to the group of the service (chown root:webcare), or move them into credentials"
        )


def _credentials(folder: str | None) -> dict[str, str]:
    """Return what systemd has laid ready for this service, by name.

    Raises:
        CannotStart: one of them cannot be read.
    """
    found: dict[str, str] = {}
    if folder is None:
        return found
    file = Path(folder)
    try:
        for file in sorted(Path(folder).iterdir()):
            if file.is_file() and not file.name.startswith("."):
                found[file.name] = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise CannotStart(f"cannot read the credential {file}: {error.strerror}") from None
    except ValueError:
        raise CannotStart(f"the credential {file.name} is no text in UTF-8") from None
    return found
