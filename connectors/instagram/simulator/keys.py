"""Where the parts of the simulator find one another."""

from __future__ import annotations

from aiohttp import web

from connectors.instagram.simulator.world import World
from connectors.meta_deliveries import Deliveries

WORLD = web.AppKey("instagram_world", World)
DELIVERIES = web.AppKey("instagram_deliveries", Deliveries)
