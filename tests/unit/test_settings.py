"""Settings: where they come from, which one wins, what a typo does, and that secrets do not show."""

import logging
import traceback
from datetime import timedelta

import pytest

from webcare.domain.alert_rules import AlertRules
from webcare.lines import CannotStart
from webcare.settings import load, reload_plan
from webcare.settings.model import Model
from webcare.settings.names import variable, variables
from webcare.settings.values import host_and_port

TEMPLATE = "[[channel]]\nname='a'\nkind='x'\n[[channel.template]]\nname='t'\nlanguage='nl'\n"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECRET = "hunter2"  # noqa: S105 - it is to be found where it must not be


@pytest.fixture
def write(tmp_path):
    """Write a config file that its owner alone may read, and return its name."""

    def written(text, mode=0o600):
        file = tmp_path / "webcare.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return str(file)

    return written


@pytest.fixture
def credentials(tmp_path):
    """Lay credentials ready as systemd does, and return the environment that names them."""

    def laid(**texts):
        folder = tmp_path / "credentials"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return {"CREDENTIALS_DIRECTORY": str(folder)}

    return laid


def refused(config, environment=None):
    with pytest.raises(CannotStart) as refusal:
        load(config, environment or {})
    message = str(refusal.value)
    assert "\n" not in message.strip()
    return message


# --- where they come from ---


def test_nothing_said_is_no_database():
    assert load(None, {}).database.url is None


def test_the_file_names_the_database(write):
    assert load(write('[database]\nurl = "webcare.db"\n'), {}).database.url.get_secret_value() == "webcare.db"


def test_the_environment_is_read_where_nobody_hands_one_in(monkeypatch):
    monkeypatch.setenv("WEBCARE_DATABASE__URL", "webcare.db")
    assert load(None).database.url.get_secret_value() == "webcare.db"


def test_the_file_may_be_named_in_the_environment(write):
    file = write('[database]\nurl = "webcare.db"\n')
    assert load(None, {"WEBCARE_CONFIG": file}).database.url.get_secret_value() == "webcare.db"


def test_a_credential_wins_over_the_file_and_the_environment_over_both(write, credentials):
    file = write('[web]\nlisten = "127.0.0.1:1"\nhooks_listen = "127.0.0.1:2"\nmetrics_listen = "127.0.0.1:3"\n')
    environment = credentials(WEBCARE_WEB__HOOKS_LISTEN="127.0.0.1:20\n", WEBCARE_WEB__METRICS_LISTEN="127.0.0.1:30\n")
    web = load(file, environment | {"WEBCARE_WEB__METRICS_LISTEN": "127.0.0.1:300"}).web
    assert (web.listen, web.hooks_listen, web.metrics_listen) == ("127.0.0.1:1", "127.0.0.1:20", "127.0.0.1:300")


def test_secrets_of_one_table_may_come_from_three_places(write, credentials):
    file = write(f'[secrets.x]\na = "{SECRET}"\n')
    environment = credentials(WEBCARE_SECRETS__X__B="2\n") | {"WEBCARE_SECRETS__X__C": "3"}
    found = load(file, environment).secrets["x"]
    assert {name: secret.get_secret_value() for name, secret in found.items()} == {"a": SECRET, "b": "2", "c": "3"}


def test_lists_are_written_with_commas_or_lines(credentials):
    environment = credentials(WEBCARE_SEALING__KEYS=f"{KEY}\n{KEY}\n")
    environment |= {"WEBCARE_WEB__TRUSTED_PROXIES": "10.0.0.0/8, ::1", "WEBCARE_ALERTS__SCHEMES": "pover,tgram"}
    settings = load(None, environment)
    assert [key.get_secret_value() for key in settings.sealing.keys] == [KEY, KEY]
    assert settings.web.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.alerts.schemes == ("pover", "tgram")


def test_numbers_spans_and_optional_tables_come_from_the_environment():
    settings = load(
        None,
        {
            "WEBCARE_SMTP__HOST": "localhost",
            "WEBCARE_SMTP__SENDER": "webcare <w@example.org>",
            "WEBCARE_SMTP__PORT": "25",
            "WEBCARE_RETENTION__AUDIT": "P30D",
        },
    )
    assert (settings.smtp.port, settings.retention.audit.days) == (25, 30)


def test_what_is_not_ours_in_the_environment_is_left_alone():
    settings = load(None, {"WEBCAREX": "1", "PATH": "/bin", "WEBCARE_CI": "1"})
    assert settings.model_dump() == load(None, {}).model_dump()


def test_each_setting_that_one_text_can_hold_has_a_variable():
    names = {variable(path) for path in variables()}
    assert {"WEBCARE_DATABASE__URL", "WEBCARE_STATE_FOLDER", "WEBCARE_SMTP__PASSWORD", "WEBCARE_ROTA__ONCALL__ANCHOR"} <= names
    assert not [
        name for name in names if name.startswith(("WEBCARE_PERSON", "WEBCARE_CHANNEL", "WEBCARE_POLICY", "WEBCARE_CALENDARS"))
    ]


# --- names that are none ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[databse]\nurl = "x"\n', "databse is no setting; did you mean database?"),
        ('[database]\nulr = "x"\n', "database.ulr is no setting; did you mean database.url?"),
        ("[web]\npublik_url = 'https://x'", "web.publik_url is no setting; did you mean web.public_url?"),
        ("public_url = 'https://x'", "public_url is no setting; did you mean web.public_url?"),
        ("[rota.onkall]\nrotation = []", "rota.onkall is no setting; did you mean rota.oncall?"),
        ("[rota.next]\nrotatio = []", "rota.next.rotatio is no setting; did you mean rota.next.rotation?"),
        ("[[person]]\nid='a'\nname='A'\nzon='UTC'", "person[0].zon is no setting; did you mean person[0].zone?"),
        (
            "[[person]]\nid='a'\nname='A'\n[[person]]\nid='b'\nname='B'\ncontacts=[{name='m', targt='mailto:a@b'}]",
            "person[1].contacts[0].targt is no setting; did you mean person[1].contacts[0].target?",
        ),
        ("[[person]]\nid='a'\nxyzzy=1\nname='A'", "person[0].xyzzy is no setting"),
        ("[[channel]]\nname='a'", "channel[0].kind is missing"),
        ("[[channel]]\nname='a'\nkind='b'\nreceipt={de='c'}", "channel[0].receipt.de: "),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(write, text, said):
    assert said in refused(write(text))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("WEBCARE_DATABSE__URL", "did you mean WEBCARE_DATABASE__URL?"),
        ("webcare_databse__url", "did you mean WEBCARE_DATABASE__URL?"),
        ("WEBCARE_WEB", "is a table: name the setting in it, as in WEBCARE_WEB__PUBLIC_URL"),
        ("WEBCARE_PERSON", "person is a list of tables, and one text cannot hold it: write it in the config file"),
        ("WEBCARE_CHANNEL__0__NAME", "channel is a list of tables"),
        ("WEBCARE_POLICY", "policy is a list of tables"),
        ("WEBCARE_CALENDARS__OFFICE__TIMEZONE", "calendars is a list of tables"),
        ("WEBCARE_SECRETS__X", "a name like WEBCARE_SECRETS__TABLE__SECRET is expected"),
        ("WEBCARE_SECRETS__X__A__B", "a name like WEBCARE_SECRETS__TABLE__SECRET is expected"),
        ("WEBCARE_SECRETS____A", "a name like WEBCARE_SECRETS__TABLE__SECRET is expected"),
    ],
)
def test_a_variable_or_credential_that_names_no_setting_is_refused(credentials, name, said):
    """A misspelt variable was once ignored, and the daemon ran on another database."""
    message = refused(None, {name: SECRET})
    assert f"the environment's {name}" in message
    assert said in message
    message = refused(None, credentials(**{name: SECRET}))
    assert f"the credential {name}" in message
    assert said in message


def test_every_credential_is_ours_so_a_name_without_our_prefix_is_a_slip_too(credentials):
    assert "the credential database_url is no setting" in refused(None, credentials(database_url=SECRET))


def test_an_empty_variable_is_refused():
    assert refused(None, {"WEBCARE_DATABASE__URL": " "}) == (
        "the environment's WEBCARE_DATABASE__URL is empty: give it a value, or take it away"
    )


def test_a_wrong_value_is_told_by_where_it_stands(credentials):
    assert "environment WEBCARE_LOG__LEVEL: " in refused(None, {"WEBCARE_LOG__LEVEL": "loud"})
    assert "credential WEBCARE_LOG__LEVEL: " in refused(None, credentials(WEBCARE_LOG__LEVEL="loud"))


# --- values ---


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        ("web", "listen = '8080'", "web.listen: an address like 127.0.0.1:8080"),
        ("web", "listen = 'localhost:99999'", "web.listen: an address like"),
        ("web", "listen = '::1:8080'", "web.listen: an address like"),
        ("web", "listen = '[::g]:8080'", "web.listen: "),
        ("web", "hooks_listen = '127.0.0.1:8080'", "web: listen, hooks_listen and metrics_listen must be three"),
        ("web", "trusted_proxies = ['10.0.0.1/8']", "web.trusted_proxies[0]: an IP address or a network"),
        ("web", "trusted_proxies = ['proxy']", "web.trusted_proxies[0]: an IP address or a network"),
        ("web", "public_url = 'webcare.example.org'", "web.public_url: an address like https://"),
        ("web", "public_url = 'ftp://webcare.example.org'", "web.public_url: an address like https://"),
        ("web", "public_url = 'https://a@b.example.org'", "web.public_url: an address like https://"),
        ("web", "public_url = 'https://b.example.org/pad'", "web.public_url: the address of a whole site"),
        ("web", "public_url = 'https://b.example.org?a=1'", "web.public_url: the address of a whole site"),
        ("web", "public_url = 'https://b.example.org:0'", "web.public_url: an address like"),
        ("web", "public_url = 'https://[::1'", "web.public_url: an address like"),
        ("house", "zone = 'Europe/Amsterdm'", "house.zone: zone: unknown time zone"),
        ("house", "language = 'de'", "house.language: "),
        ("house", "brand = ''", "house.brand: a name of letters"),
        ("smtp", "host = 'mail.example.org'\nsender = 'nobody'", "smtp.sender: a mail address like"),
        ("smtp", "host = 'a'\nsender = 'a@b'\nport = 0", "smtp.port: "),
        ("smtp", "host = 'a'\nsender = 'a@b'\nuser = 'x'", "smtp: user and password go together"),
        (
            "smtp",
            "host = 'a'\nsender = 'a@b'\nsecurity = 'plain'",
            "smtp: security: in the clear letters go to this machine only",
        ),
        ("smtp", "host = 'a'", "smtp.sender is missing"),
        ("alerts", "heartbeat = 'hunter2'", "alerts.heartbeat: an address that begins with https://"),
        ("alerts", "last_resort = 'hunter2'", "alerts.last_resort: an address like mailto:"),
        ("alerts", "heartbeat_every = 'PT0S'", "alerts.heartbeat_every: a span of more than nothing"),
        ("alerts", "lines_in = 'alerts'", "alerts.lines_in: a path from the root"),
        ("retention", "raw_bodies = '-P1D'", "retention.raw_bodies: a span cannot be negative"),
        ("retention", "raw_bodies = 'P999999D'", "retention.raw_bodies: a span of more than ten years"),
        ("media", "most = 25", "media.most: a size like 25MB"),
        ("media", "most = '1000MB'", "media.most: a size of at most 100MB"),
        ("media", "most = '0MB'", "media.most: a size of at most 100MB"),
        ("retention", "raw_bodies = 14", "retention.raw_bodies: a duration like PT24H"),
        ("sealing", "keys = ['hunter2']", "sealing.keys[0]: a Fernet key is expected"),
        ("sealing", f"keys = ['{KEY[:-4]}']", "sealing.keys[0]: a Fernet key is expected"),
        ("log", "level = 'loud'", "log.level: "),
        ("secrets.Main", "a = 'hunter2'", "secrets.Main: small letters"),
        ("secrets.x", "TOKEN = 'hunter2'", "secrets.x.TOKEN: small letters"),
        ("database", 'url = ["hunter2"]', "database.url: a text is expected"),
        ("database", "url = 5", "database.url: a text is expected"),
        ("policy", "name = 'hunter2'", "policy: a list is expected"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field_and_not_repeated_where_it_is_secret(write, section, line, said):
    message = refused(write(f"[{section}]\n{line}\n"))
    assert said in message
    assert SECRET not in message


PERSON = {"id": "'noor'", "name": "'Noor'"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "'lead'"}, "person[0].id: 'lead' stands for something else"),
        ({"id": "'a b'"}, "person[0].id: a name of letters"),
        ({"name": "' '"}, "person[0].name: a text of one line"),
        ({"role": "'boss'"}, "person[0].role: "),
        ({"zone": "'Mars/Olympus'"}, "person[0].zone: zone: unknown time zone"),
        ({"quiet": "['22:00', '25:00']"}, "person[0].quiet[1]: a time of day like 08:00"),
        ({"quiet": "['22:00', '22:00']"}, "person[0]: quiet: it must end at another time"),
        (
            {"contacts": "[{name='last_resort', target='lines:a'}]"},
            "person[0].contacts[0].name: 'last_resort' stands for something",
        ),
        ({"contacts": "[{name='m', target='hunter2'}]"}, "person[0].contacts[0].target: an address like"),
        ({"contacts": "[{name='m', target='mailto:a@b', detail='all'}]"}, "person[0].contacts[0].detail: "),
        (
            {"contacts": "[{name='m', target='lines:a'}, {name='m', target='lines:b'}]"},
            "person[0]: contacts: two of them are called 'm'",
        ),
    ],
)
def test_a_wrong_person_is_refused(write, changed, said):
    text = "\n".join(f"{key} = {value}" for key, value in {**PERSON, **changed}.items())
    message = refused(write(f"[[person]]\n{text}\n"))
    assert said in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[person]]\nid='a'\nname='A'\n[[person]]\nid='a'\nname='B'", "person: two of them have the id 'a'"),
        ("[[channel]]\nname='a'\nkind='x'\n[[channel]]\nname='a'\nkind='y'", "channel: two of them are called 'a'"),
        ("[[channel]]\nname='a'\nkind='x'\nlanguage='de'", "webcare.toml: channel[0].language: Input should be 'nl' or 'en'"),
        ("[[channel]]\nname='a'\nkind='x'\npoll='PT0S'", "channel[0].poll: a span of more than nothing"),
        (
            "[[person]]\nid='noor'\nname='N'\n[rota.lead]\nanchor=2026-11-23\nrotation=['nor']",
            "rota.lead.rotation: no [[person]] has the id 'nor'; did you mean noor?",
        ),
        ("[[channel]]\nname='a'\nkind='x'\nreceipt={nl='Vóór {befor}'}", "channel[0].receipt.nl: {befor} means nothing here"),
        ("[[channel]]\nname='a'\nkind='x'\nreceipt={nl=' '}", "channel[0].receipt.nl: a text is expected"),
        (f"{TEMPLATE}text='Dag {{{{2}}}}'", "channel[0].template[0].text: the gaps are numbered"),
        (f"{TEMPLATE}text='Dag {{{{naam}}}}'", "channel[0].template[0].text: the gaps are numbered"),
        (f"{TEMPLATE}text='Dag {{1}}'", "channel[0].template[0].text: a bracket belongs to no gap"),
        (f"{TEMPLATE}text=' '", "channel[0].template[0].text: a text is expected"),
        (
            f"{TEMPLATE}text='a'\n[[channel.template]]\nname='t'\nlanguage='nl'\ntext='b'",
            "channel[0]: template: t (nl) stands there twice",
        ),
        (
            f"{TEMPLATE}text='a'\n[[channel.template]]\nname='t'\nlanguage='Dutch'\ntext='b'",
            "channel[0].template[1].language: a language",
        ),
        ("[rota.lead]\nrotation=[]", "rota.lead.anchor is missing"),
        ("[rota.lead]\nrotation=[]\nanchor=2026-11-23\nhandovers=['9']", "rota.lead.handovers[0]: a time of day"),
        ("[rota.lead]\nrotation=[]\nanchor=2026-11-23\nhandovers=[]", "rota.lead.handovers: at least one is expected"),
        ("[rota.lead]\nrotation=[]\nanchor=2026-11-23\nhandovers=['09:00', '08:00']", "rota.lead: handovers: each time once"),
        (
            "[rota.lead]\nrotation=[]\nanchor=2026-11-23\nhandovers=['08:00', '09:00']",
            "rota.lead: handovers: a weekly rotation has one",
        ),
        ("[alerts]\nbundle='PT1H'", "alerts: bundle: alerts that are gathered for longer than ten minutes"),
        ("[alerts]\nthrottle=0", "alerts.throttle"),
        ("[alerts]\nthrottle_within='PT30S'", "alerts: throttle_within: it cannot be shorter than bundle"),
        ("[alerts]\nthrottle_within='PT2H'", "alerts: throttle_within: alerts that are held back for longer than an hour"),
        ("[alerts]\nrepeat='PT10S'", "alerts: repeat: at least a minute"),
        ("[alerts]\nrepeat_alert='P2D'", "alerts: repeat, repeat_alert: silence of more than a day"),
        ("[alerts]\nclaim_idle='PT5S'", "alerts: claim_idle: at least a minute"),
        ("[database\n", "cannot read"),
        ("a = 1\na = 2\n", "cannot read"),
    ],
)
def test_what_does_not_fit_together_is_refused(write, text, said):
    assert said in refused(write(text))


def test_all_that_is_wrong_is_said_at_once(write):
    message = refused(write("[web]\nlisten = 'x'\n[log]\nlevel = 'loud'\n"))
    assert "web.listen" in message
    assert "log.level" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:8080", ("::1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),  # noqa: S104 - read, not bound
    ],
)
def test_addresses_to_listen_on(text, expected):
    assert host_and_port(text) == expected


def test_a_site_loses_the_slash_at_its_end(write):
    assert load(write("[web]\npublic_url = 'https://b.example.org:8443/'"), {}).web.public_url == "https://b.example.org:8443"


def test_how_alerts_behave_may_be_said_and_is_the_house_s_otherwise(write):
    assert load(write("[alerts]"), {}).alerts.rules == AlertRules()
    text = "bundle='PT10S'\nthrottle=3\nthrottle_within='PT5M'\nrepeat='PT2M'\nrepeat_alert='PT4M'\nclaim_idle='PT1H'"
    found = load(write(f"[alerts]\n{text}"), {}).alerts.rules
    assert (found.bundle, found.bundle_urgent, found.throttle) == (timedelta(seconds=10), timedelta(seconds=10), 3)
    spans = (found.throttle_within, found.repeat, found.repeat_alert, found.claim_idle)
    assert spans == tuple(timedelta(minutes=n) for n in (5, 2, 4, 60))


def test_two_listeners_may_both_take_any_port(write):
    web = load(write("[web]\nlisten = '127.0.0.1:0'\nhooks_listen = '127.0.0.1:0'\nmetrics_listen = '127.0.0.1:0'"), {}).web
    assert web.listen == web.hooks_listen


def test_a_file_that_was_named_must_be_there(tmp_path):
    assert refused(str(tmp_path / "missing.toml")).startswith("no config file")


def test_a_credential_that_is_no_text_is_named(credentials):
    assert (
        refused(None, credentials(WEBCARE_DATABASE__URL=b"\xff\xfe"))
        == "the credential WEBCARE_DATABASE__URL is no text in UTF-8"
    )


# --- secrets ---

WITH_SECRETS = f"""
[database]
url = "postgresql://webcare:{SECRET}@localhost/webcare"
[secrets.x]
token = "{SECRET}"
[smtp]
host = "localhost"
sender = "a@b"
user = "u"
password = "{SECRET}"
[alerts]
heartbeat = "https://hc.example.org/{SECRET}"
last_resort = "pover://{SECRET}@{SECRET}"
[sealing]
keys = ["{KEY}"]
[[person]]
id = "a"
name = "A"
contacts = [{{ name = "phone", target = "pover://{SECRET}@{SECRET}" }}]
"""


def test_no_secret_shows(write):
    settings = load(write(WITH_SECRETS), {})
    shown = repr(settings) + str(settings) + repr(settings.model_dump())
    assert SECRET not in shown
    assert KEY not in shown


def test_no_secret_shows_in_a_traceback_or_hangs_on_the_error(write):
    with pytest.raises(CannotStart) as refusal:
        load(write(WITH_SECRETS.replace("token =", "token.deep =")), {"WEBCARE_SECRETS__Y__TOKEN": SECRET})
    error = refusal.value
    assert "secrets.x.token: " in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))
    assert (error.__cause__, error.__context__) == (None, None)


def test_a_file_with_secrets_that_everybody_may_read_is_refused(write):
    message = refused(write(WITH_SECRETS, mode=0o644))
    named = (
        "alerts.heartbeat, alerts.last_resort, database.url, person.contacts.target, sealing.keys, secrets.x.token, smtp.password"
    )
    assert f"holds secrets ({named}) and everybody on this machine may read it: chmod 640" in message
    assert SECRET not in message


def test_its_group_may_read_it(write):
    assert load(write(WITH_SECRETS, mode=0o640), {}).secrets


@pytest.mark.parametrize(
    "text",
    [
        '[database]\nurl = "postgresql://webcare@localhost/webcare"',
        '[database]\nurl = "sqlite:////var/lib/webcare/webcare.db"',
        "[[person]]\nid='a'\nname='A'\ncontacts=[{name='m', target='mailto:a@example.org'}, {name='f', target='lines:a'}]",
        "[web]\nlisten = '127.0.0.1:1'",
    ],
)
def test_everybody_may_read_what_is_no_secret(write, text):
    load(write(text, mode=0o644), {})


@pytest.mark.parametrize("url", [f"postgresql://u:{SECRET}@h/d", f"postgresql://u@h/d?password={SECRET}"])
def test_a_password_in_the_database_address_is_a_secret(write, url):
    assert "(database.url)" in refused(write(f'[database]\nurl = "{url}"', mode=0o644))


def test_nothing_is_logged_while_settings_are_read(write, caplog):
    with caplog.at_level(logging.DEBUG):
        load(write(WITH_SECRETS), {})
    assert not caplog.records


# --- reload ---

BEFORE = """
[[channel]]
name = "x"
kind = "twitter"
user_id = "1"
poll = "PT1M"
[[policy]]
name = "default"
[log]
level = "info"
[house]
brand = "default"
"""


@pytest.mark.parametrize(
    ("old", "new", "applies", "restart", "seeds"),
    [
        ("", "", (), (), ()),
        ('name = "default"', 'name = "other"', ("policy",), (), ()),
        ("[log]", "[retention]\naudit = 'P1D'\n[alerts]\ntrouble_after = 'PT1M'\n[log]", ("alerts", "retention"), (), ()),
        ("[log]", "[smtp]\nhost='localhost'\nsender='a@b'\n[log]", ("smtp",), (), ()),
        ("[log]", "[calendars.a]\ntimezone = 'UTC'\n[log]", ("calendars",), (), ()),
        ('level = "info"', 'level = "debug"', ("log.level",), (), ()),
        ('level = "info"', 'level = "debug"\nformat = "json"', ("log.level",), ("log.format",), ()),
        (
            'poll = "PT1M"',
            'poll = "PT2M"\nreceipt = { nl = "Ja" }\nautomations = ["a"]\nlanguage = "en"',
            ("channel x: language", "channel x: poll", "channel x: automations", "channel x: receipt"),
            (),
            (),
        ),
        ('user_id = "1"', 'user_id = "2"', (), ("channel x: user_id",), ()),
        ('user_id = "1"', 'user_id = "1"\npages = 2', (), ("channel x: pages",), ()),
        ('user_id = "1"', 'user_id = "1"\nsecrets = "y"', (), ("channel x: secrets",), ()),
        ('name = "x"', 'name = "y"', (), ("channel y (new)", "channel x (gone)"), ()),
        ('brand = "default"', 'brand = "other"', (), ("house",), ()),
        (
            "[log]",
            "[[person]]\nid='a'\nname='A'\n[rota.lead]\nrotation=['a']\nanchor=2026-11-23\n[log]",
            (),
            (),
            ("person", "rota"),
        ),
        (
            "[log]",
            f"[secrets.x]\na='{SECRET}'\n[sealing]\nkeys=['{KEY}']\n[database]\nurl='a'\n[log]",
            (),
            ("database", "secrets", "sealing"),
            (),
        ),
        ("[log]", "[web]\nlisten='127.0.0.1:1'\n[sentiment]\nmodel='/a'\n[log]", (), ("web", "sentiment"), ()),
        ("[[channel]]", "state_folder = '/a'\n[[channel]]", (), ("state_folder",), ()),
    ],
)
def test_a_reload_says_what_applies_and_what_needs_a_restart(write, old, new, applies, restart, seeds):
    before = load(write(BEFORE), {})
    plan = reload_plan(before, load(write(BEFORE.replace(old, new, 1) if old else BEFORE), {}))
    assert (plan.applies, plan.needs_restart, plan.only_seeds) == (applies, restart, seeds)
    assert SECRET not in repr(plan)


def test_what_needs_a_restart_stays_as_it_was(write):
    before = load(write(BEFORE), {})
    after = load(
        write(
            BEFORE.replace('"PT1M"', '"PT2M"')
            .replace('"1"', '"2"')
            .replace('brand = "default"', 'brand = "b"')
            .replace('"info"', '"debug"\nformat = "json"')
        ),
        {},
    )
    applied = reload_plan(before, after).settings
    assert (applied.channel[0].poll, applied.channel[0].model_extra) == (after.channel[0].poll, {"user_id": "1"})
    assert (applied.house, applied.log.level, applied.log.format) == (before.house, "debug", "auto")
    assert reload_plan(applied, before).applies == ("log.level", "channel x: poll")


def test_every_setting_has_a_place_in_a_reload():
    """One that is added later needs a restart, until somebody says otherwise."""
    known = {"policy", "calendars", "alerts", "smtp", "retention", "media", "look_up", "person", "rota", "log", "channel"}
    restart = {"database", "state_folder", "web", "house", "secrets", "sealing", "sentiment"}
    assert set(Model.model_fields) == known | restart
