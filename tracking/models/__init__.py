"""What the events mean, as rows: all of it can be folded anew from the log.

Rows are written by `tracking.services` alone. City, organisation, vehicle and facility are plain
ids: a projection must not stand in the way of what it projects.
"""

from tracking.models.exceptions import ServiceException, UnresolvedReference
from tracking.models.facilities import FacilityUnit
from tracking.models.folds import FoldState, Snapshot
from tracking.models.vehicles import (
    CurbReport,
    StationVisit,
    StopProgress,
    TripState,
    VehicleState,
    ZoneVisit,
)

__all__ = [
    "CurbReport",
    "FacilityUnit",
    "FoldState",
    "ServiceException",
    "Snapshot",
    "StationVisit",
    "StopProgress",
    "TripState",
    "UnresolvedReference",
    "VehicleState",
    "ZoneVisit",
]
