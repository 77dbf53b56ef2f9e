"""Listening: several addresses at once, a clear word when one is taken, and an end that loses no answer."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from webcare.web.serve import CannotListen, Listener, Place


def application(handler=None):
    async def hello(_request):
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", handler or hello)
    return app


def place(address="127.0.0.1:0", handler=None, setting="web.listen"):
    return Place(setting=setting, address=address, app=application(handler))


def has_ipv6():
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", " 127.0.0.1:0 ", *(["[::1]:0"] if has_ipv6() else [])])
async def test_where_it_is_reached(address):
    listener = await Listener.start([place(address)])
    async with aiohttp.ClientSession() as session:
        for host, port in listener.addresses("web.listen"):
            shown = f"[{host}]" if ":" in host else host
            async with session.get(f"http://{shown}:{port}/") as answer:
                assert await answer.text() == "hello"
    await listener.stop()


@pytest.mark.parametrize(
    "address", ["8080", ":8080", "127.0.0.1", "127.0.0.1:http", "::1:8080", "127.0.0.1:70000", "127.0.0.1:-1", "a:²", ""]
)
async def test_what_is_no_address(address):
    with pytest.raises(CannotListen, match=r"web\.listen: .* is not host:port"):
        await Listener.start([place(address)])


async def test_a_port_that_is_taken_is_named_with_its_setting_and_nothing_is_left_open():
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as free:
        taken, first = other.getsockname()[1], free.getsockname()[1]
        free.close()
        with pytest.raises(CannotListen) as caught:
            await Listener.start([place(f"127.0.0.1:{first}"), place(f"127.0.0.1:{taken}", setting="web.hooks_listen")])
    assert str(caught.value) == f"web.hooks_listen: cannot listen on 127.0.0.1:{taken}: another program listens there already"
    again = await Listener.start([place(f"127.0.0.1:{first}")])
    await again.stop()


@pytest.mark.parametrize("address", ["203.0.113.7:0", "a..b:0"])
async def test_an_address_that_this_machine_does_not_have(address):
    with pytest.raises(CannotListen, match=rf"web\.listen: cannot listen on {address}: "):
        await Listener.start([place(address)])


async def test_the_end_lets_running_requests_end_and_takes_no_more():
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        begun.set()
        await may_end.wait()
        return web.Response(text="done")

    listener = await Listener.start([place(handler=slow)])
    host, port = listener.addresses("web.listen")[0]
    async with aiohttp.ClientSession() as session:
        running = asyncio.create_task(text_of(session, f"http://{host}:{port}/"))
        await begun.wait()
        ending = asyncio.create_task(listener.stop())
        while await answers(host, port):
            pass
        assert not ending.done()
        may_end.set()
        assert await running == "done"
        await ending


async def text_of(session, url):
    async with session.get(url) as answer:
        return await answer.text()


async def answers(host, port):
    try:
        _, writer = await asyncio.open_connection(host, port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def test_the_end_waits_for_nobody_for_ever():
    """Neither for an idle connection nor for a handler that never ends."""
    begun = asyncio.Event()

    async def endless(_request):
        begun.set()
        await asyncio.Event().wait()

    listener = await Listener.start([place(handler=endless)], drain=timedelta(milliseconds=50))
    host, port = listener.addresses("web.listen")[0]
    _, idle = await asyncio.open_connection(host, port)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await begun.wait()
    await listener.stop()
    assert await reader.read() == b""
    idle.close()
    writer.close()


async def test_a_handler_that_stumbles_says_nothing_of_why(capsys):
    async def stumble(_request):
        raise ValueError("words of a customer")

    listener = await Listener.start([place(handler=stumble)])
    host, port = listener.addresses("web.listen")[0]
    async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as answer:
        assert (answer.status, await answer.text()) == (500, "Internal Server Error")
        assert answer.headers["Server"] == "webcare"
    await listener.stop()
