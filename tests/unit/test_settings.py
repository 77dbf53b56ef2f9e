"""Settings: where they come from, which one wins, and what a typo does."""

import pytest

from webcare.lines import CannotStart
from webcare.settings import load


def config(tmp_path, text):
    file = tmp_path / "webcare.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in ("WEBCARE_CONFIG", "WEBCARE_DATABASE__URL", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_said_is_no_database():
    assert load(None).database.url is None


def test_the_file_names_the_database(tmp_path):
    settings = load(config(tmp_path, '[database]\nurl = "webcare.db"\n'))
    assert settings.database.url.get_secret_value() == "webcare.db"


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("WEBCARE_DATABASE__URL", "postgresql://environment/db")
    settings = load(config(tmp_path, '[database]\nurl = "webcare.db"\n'))
    assert settings.database.url.get_secret_value() == "postgresql://environment/db"


def test_the_file_may_be_named_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("WEBCARE_CONFIG", config(tmp_path, '[database]\nurl = "webcare.db"\n'))
    assert load(None).database.url.get_secret_value() == "webcare.db"


def test_a_credential_wins_over_the_file(tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "WEBCARE_DATABASE__URL").write_text("postgresql://credential/db\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    settings = load(config(tmp_path, '[database]\nurl = "webcare.db"\n'))
    assert settings.database.url.get_secret_value() == "postgresql://credential/db"


def test_a_password_does_not_show(monkeypatch):
    monkeypatch.setenv("WEBCARE_DATABASE__URL", "postgresql://user:hunter2@host/db")
    assert "hunter2" not in repr(load(None))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[databse]\nurl = "x"\n', ["databse", "did you mean database"]),
        ('[database]\nulr = "x"\n', ["database.ulr", "did you mean database.url"]),
        ("[database]\nurl = 5\n", ["database.url"]),
        ("[database\n", ["webcare.toml"]),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_key(tmp_path, text, names):
    with pytest.raises(CannotStart) as refused:
        load(config(tmp_path, text))
    message = str(refused.value)
    assert "\n" not in message.strip()
    for name in names:
        assert name in message


def test_a_wrong_value_is_not_repeated(tmp_path):
    with pytest.raises(CannotStart) as refused:
        load(config(tmp_path, '[database]\nurl = ["hunter2"]\n'))
    assert "hunter2" not in str(refused.value)


def test_a_typo_in_the_environment_is_refused(monkeypatch):
    """`extra = forbid` does not see the environment: a misspelt variable was ignored, and the daemon ran on another database."""
    monkeypatch.setenv("WEBCARE_DATABSE__URL", "x")
    with pytest.raises(CannotStart, match=r"WEBCARE_DATABSE__URL.*did you mean WEBCARE_DATABASE__URL"):
        load(None)


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(CannotStart, match="no config file"):
        load(str(tmp_path / "missing.toml"))
