"""Where the parts of the simulator find one another."""

from __future__ import annotations

from aiohttp import web

from connectors.facebook.simulator.world import World
from connectors.meta_deliveries import Deliveries

WORLD = web.AppKey("facebook_world", World)
DELIVERIES = web.AppKey("facebook_deliveries", Deliveries)
