"""Vehicles, facilities, routes as sent, and the event log."""

from carriers.models.log import EventIdentity, LoggedEvent, LoggedPosition, Quarantined
from carriers.models.originals import CaptureJob, Original
from carriers.models.places import Facility
from carriers.models.routes import RoutePlan, Stop
from carriers.models.vehicles import Vehicle

__all__ = [
    "CaptureJob",
    "EventIdentity",
    "Facility",
    "LoggedEvent",
    "LoggedPosition",
    "Original",
    "Quarantined",
    "RoutePlan",
    "Stop",
    "Vehicle",
]
