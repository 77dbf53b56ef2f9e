"""A process that plays X, Facebook, Instagram and WhatsApp, each by its connector's simulator, and what stands before our daemons.

    stream, tests --POST /_sim/...--> simulators --webhook--> front --> any daemon that lives
                                          ^---------------------------- polls, replies

Their clocks are this machine's. This Meta is impatient: what was not answered with success comes again within a second, not after minutes.
It prints its addresses as a line of JSON and runs until its standard input ends: it goes with whoever started it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from connectors.facebook.simulator import app as facebook_app
from connectors.facebook.simulator.keys import WORLD as FACEBOOK
from connectors.facebook.simulator.world import us as page
from connectors.instagram.simulator import app as instagram_app
from connectors.instagram.simulator.keys import WORLD as INSTAGRAM
from connectors.instagram.simulator.world import us as account
from connectors.twitter.simulator import WORLD as TWITTER
from connectors.twitter.simulator import app as twitter_app
from connectors.twitter.simulator.world import US
from connectors.whatsapp.simulator import create_app as whatsapp_app
from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from webcare.clock import machine_now

TICK, AGAIN = 0.05, timedelta(seconds=0.5)
HANDED_ON = ("content-type", "x-hub-signature-256", "x-twitter-webhooks-signature", "user-agent")
BACKENDS = web.AppKey("backends", list)
SESSION = web.AppKey("session", ClientSession)
LATE = web.AppKey("late", list)  # seconds


# --- what stands in front of our daemons, as a load balancer does


def front_app():
    app = web.Application()
    app[BACKENDS] = []
    app.cleanup_ctx.append(_session)
    app.router.add_put("/_backends", _set_backends)
    app.router.add_route("*", "/hooks/{hook}", _hand_on)
    return app


async def _session(app):
    async with ClientSession(timeout=ClientTimeout(total=20), auto_decompress=False) as session:
        app[SESSION] = session
        yield


async def _set_backends(request):
    request.app[BACKENDS][:] = await request.json()
    return web.json_response({})


async def _hand_on(request):
    """Give a webhook to one daemon after the other until one takes the connection; once it has, its answer is the answer."""
    backends, body = request.app[BACKENDS], await request.read()
    headers = {name: request.headers[name] for name in HANDED_ON if name in request.headers}
    backends.append(backends.pop(0))  # the next one has the next turn
    for backend in list(backends):
        try:
            async with request.app[SESSION].request(
                request.method, f"{backend}{request.path}", params=request.query, data=body, headers=headers
            ) as answer:
                return web.Response(status=answer.status, body=await answer.read(), headers=_typed(answer))
        except (ClientError, TimeoutError, OSError):
            continue
    return web.Response(status=502)


def _typed(answer):
    return {"Content-Type": answer.headers["Content-Type"]} if "Content-Type" in answer.headers else {}


# --- an answer that is late: what was asked for has been done by then


@web.middleware
async def late(request, handler):
    answer = await handler(request)
    if request.method == "POST" and not request.path.startswith("/_sim"):
        await asyncio.sleep(request.app[LATE][0])
    return answer


# --- what the platforms hold


def record_app(twitter, facebook, instagram, whatsapp):
    """Answer with the texts that each platform took from us, in its own record."""

    async def sent(_request):
        return web.json_response(
            {
                "twitter": [one.text for one in twitter[TWITTER].posts.values() if one.author == US],
                "facebook": [one.text for one in facebook[FACEBOOK].comments.values() if one.author == page()],
                "instagram": [one.text for one in instagram[INSTAGRAM].comments.values() if one.author == account()],
                "whatsapp": [one.body["text"]["body"] for one in whatsapp[WORLD].sent],
            }
        )

    async def be_late(request):
        for one in (twitter, facebook, instagram, whatsapp):
            one[LATE][0] = await request.json()
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/sent", sent)
    app.router.add_put("/late", be_late)
    return app


async def _time_passes(twitter, whatsapp):
    while True:
        now = machine_now()
        twitter[TWITTER].pass_time(now - twitter[TWITTER].now)
        deliveries = whatsapp[DELIVERIES]
        for one in deliveries.waiting:
            one.due = min(one.due, now + AGAIN)
        if any(one.due <= now for one in deliveries.waiting):
            await deliveries.move()
        await asyncio.sleep(TICK)


async def main():
    twitter, facebook = twitter_app(machine_now()), facebook_app(machine_now)
    instagram, whatsapp = instagram_app(machine_now), whatsapp_app(machine_now)
    for one in (twitter, facebook, instagram, whatsapp):
        one[LATE] = [0]
        one.middlewares.append(late)
    apps = {"twitter": twitter, "facebook": facebook, "instagram": instagram, "whatsapp": whatsapp, "front": front_app()}
    apps["record"] = record_app(twitter, facebook, instagram, whatsapp)
    addresses, runners = {}, []
    for name, app in apps.items():
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses[name] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        runners.append(runner)
    ticking = asyncio.create_task(_time_passes(twitter, whatsapp))
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    left_alone = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([ticking, left_alone], return_when=asyncio.FIRST_COMPLETED)
    if ticking.done():
        ticking.result()  # it ends only by an error
    ticking.cancel()
    for runner in runners:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
