"""Where the application keeps its parts."""

from __future__ import annotations

from aiohttp import web

from connectors.whatsapp.simulator.deliveries import Deliveries
from connectors.whatsapp.simulator.world import World

WORLD = web.AppKey("world", World)
DELIVERIES = web.AppKey("deliveries", Deliveries)
