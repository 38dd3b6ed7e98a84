"""Vehicles, facilities, routes as sent, and the event log."""

from carriers.models.log import EventIdentity, LoggedEvent, LoggedPosition, Quarantined
from carriers.models.places import Facility
from carriers.models.routes import RoutePlan, Stop
from carriers.models.vehicles import Vehicle

__all__ = [
    "EventIdentity",
    "Facility",
    "LoggedEvent",
    "LoggedPosition",
    "Quarantined",
    "RoutePlan",
    "Stop",
    "Vehicle",
]
