"""Vehicles, facilities, routes as sent, and the event log."""

from carriers.models.log import EventIdentity, LoggedEvent, LoggedPosition, RetiredPartition
from carriers.models.originals import CaptureJob, Original
from carriers.models.places import Facility
from carriers.models.quarantine import Quarantined, Replay, ReplayedItem
from carriers.models.routes import RoutePlan, Stop
from carriers.models.vehicles import Vehicle
from carriers.models.windows import BackfillWindow

__all__ = [
    "BackfillWindow",
    "CaptureJob",
    "EventIdentity",
    "Facility",
    "LoggedEvent",
    "LoggedPosition",
    "Original",
    "Quarantined",
    "Replay",
    "ReplayedItem",
    "RetiredPartition",
    "RoutePlan",
    "Stop",
    "Vehicle",
]
