"""Typed keys for the objects that handlers read from the application."""

from sqlite3 import Connection

from aiohttp import web

from sandbox.delivery import Delivery
from sandbox.faults import Faults

DATABASE = web.AppKey("database", Connection)
DELIVERY = web.AppKey("delivery", Delivery)
FAULTS = web.AppKey("faults", Faults)
