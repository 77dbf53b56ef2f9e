"""The proxies of the README, as they stand in config/: a login over https, a stream that streams, strangers who claim to be others."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from inboxes import PASSWORD, Person, open_inbox

CONFIG = Path(__file__).parents[2] / "config"
HOST = "webcare.example.org"
PROXIES = {"nginx": "nginx.conf", "caddy": "Caddyfile"}

NO_PROXY = "no proxy: apt-get install nginx-light caddy"

pytestmark = [pytest.mark.slow]


class SecurePerson(Person):
    @property
    def origin(self):
        return self.base


@pytest.fixture(params=PROXIES)
def proxy(request):
    if shutil.which(request.param) is None:
        pytest.skip(NO_PROXY)
    return request.param


def certificate(folder):
    key, cert = folder / "privkey.pem", folder / "fullchain.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, *names]
    subprocess.run(made, check=True, capture_output=True)
    return key, cert


def nginx(folder, port, plain, inbox, hooks):
    """Return the command that runs the shipped file, with what an operator replaces replaced."""
    key, cert = certificate(folder)
    text = (CONFIG / PROXIES["nginx"]).read_text(encoding="utf-8")
    text = text.replace(f"/etc/letsencrypt/live/{HOST}/fullchain.pem", str(cert)).replace(
        f"/etc/letsencrypt/live/{HOST}/privkey.pem", str(key)
    )
    text = (
        text.replace(HOST, "localhost")
        .replace("listen 443", f"listen 127.0.0.1:{port}")
        .replace("listen 80;", f"listen {plain};")
    )
    text = re.sub(r".*listen \[::\].*\n", "", text).replace("127.0.0.1:8080", inbox).replace("127.0.0.1:8081", hooks)
    temporary = "".join(f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = (
        f"daemon off; pid {folder / 'nginx.pid'}; events {{}}\nhttp {{ access_log {folder / 'access.log'};\n{temporary}{text}}}\n"
    )
    file = folder / "nginx.conf"
    file.write_text(whole, encoding="utf-8")
    return ["nginx", "-c", file, "-p", folder, "-e", folder / "error.log"], {}


def caddy(folder, port, plain, inbox, hooks):
    text = (CONFIG / PROXIES["caddy"]).read_text(encoding="utf-8")
    text = text.replace(f"{HOST} {{", f"localhost:{port} {{\n\ttls internal", 1).replace("127.0.0.1:8080", inbox)
    text = f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {plain}\n}}\n" + text.replace("127.0.0.1:8081", hooks)
    file = folder / "Caddyfile"
    file.write_text(text, encoding="utf-8")
    return ["caddy", "run", "--config", file, "--adapter", "caddyfile"], {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}


def free_ports(count):
    """Return ports of this machine that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@asynccontextmanager
async def behind(proxy, folder, inbox):
    """Run a proxy before the inbox, and before hooks that say what reached them; give its https address."""

    async def echo(request):
        return web.json_response({"headers": dict(request.headers), "body": len(await request.read())})

    app = web.Application()
    app.router.add_route("*", "/hooks/{hook}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port, plain = free_ports(2)
    hooks = f"127.0.0.1:{runner.addresses[0][1]}"
    command, variables = {"nginx": nginx, "caddy": caddy}[proxy](folder, port, plain, inbox.removeprefix("http://"), hooks)
    with (folder / "said").open("wb") as said:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), **{k: str(v) for k, v in variables.items()}}
        process = await asyncio.create_subprocess_exec(*map(str, command), stdout=said, stderr=said, env=environment)
        try:
            await answers(f"https://localhost:{port}/healthz", process, folder)
            yield f"https://localhost:{port}"
        finally:
            process.terminate()
            await process.wait()
            await runner.cleanup()


async def answers(address, process, folder):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
        for _ in range(400):
            assert process.returncode is None, (folder / "said").read_text(encoding="utf-8")
            try:
                async with session.get(address) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)  # there is nothing to wait on but the port itself
    raise AssertionError((folder / "said").read_text(encoding="utf-8"))


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url  # a proxy does not care which database is behind it


async def test_the_shipped_proxy(proxy, tmp_path, store):
    async with open_inbox(store, trusted=("127.0.0.1",)) as inbox:
        await inbox.hire("noor")
        async with (
            behind(proxy, tmp_path, inbox.base) as base,
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.CookieJar(unsafe=True)
            ) as session,
        ):
            noor = SecurePerson(base, session)
            assert await noor.log_in(password=PASSWORD) == 303
            cookie = noor.answer.headers["Set-Cookie"]
            assert cookie.startswith("__Host-webcare=")
            assert "Secure" in cookie
            assert await noor.get("/") == 200
            assert "max-age" in noor.answer.headers["Strict-Transport-Security"]
            assert await noor.get("/metrics") == 404
            await hears_at_once(session, base)
            await believes_nobody(session, base)
        assert not secrets_in_logs(tmp_path)


async def hears_at_once(session, base):
    """A stream that a proxy holds back until it is full would bring a new case minutes later."""
    async with session.get(f"{base}/events") as stream, asyncio.timeout(10):
        assert stream.status == 200
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"retry:")
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: change")


async def believes_nobody(session, base):
    claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Forwarded": "for=203.0.113.9;proto=http"}
    async with session.post(f"{base}/hooks/secret-hook", data=b"{}", headers=claims) as answer:
        reached = {name.lower(): value for name, value in (await answer.json())["headers"].items()}
    assert reached["x-forwarded-for"] in {"127.0.0.1", "::1"}
    assert reached["x-forwarded-proto"] == "https"
    assert not reached.get("forwarded")


def secrets_in_logs(folder):
    return [file.name for file in folder.rglob("*.log") if "secret-hook" in file.read_text(encoding="utf-8", errors="replace")]
