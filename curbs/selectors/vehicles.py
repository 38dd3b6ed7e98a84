"""The vehicles that decisions are asked about."""

import functools
from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.querysets import sees
from carriers.models import Vehicle
from curbs.querysets import as_range
from curbs.selectors.bookings import reach
from curbs.selectors.snapshots import COUNTERS
from foundation.rows import Columns, planned
from kernel.periods import Period

_VEHICLE = Columns(Vehicle, "vehicle")
_ODD = "[^A-Z0-9]"
"""Permits are kept by normalised plate: a plate that is written otherwise may have some, too."""


def asked_about(
    actor: Actor, ids: Collection[UUID], period: Period, *, scope: str
) -> tuple[dict[UUID, Any], tuple[int, int]]:
    """Return the vehicles that an actor may see, by id, each with `has_permits` and
    `has_bookings`: whether there is more to ask of it in the period; and the counters of rules
    and curbs. One query."""
    city_id = actor.city.id
    with planned() as cursor:
        reached = as_range(reach(period))
        cursor.execute(_statement(), [city_id, city_id, _ODD, reached, city_id, list(ids)])
        rows = cursor.fetchall()
    found = {}
    for _change, _edition, vehicle_id, has_permits, has_bookings, *columns in rows:
        if vehicle_id is None:
            continue  # the counters alone
        vehicle = _VEHICLE.row(columns)
        if sees(actor, vehicle, scope):
            vehicle.has_permits, vehicle.has_bookings = has_permits, has_bookings
            found[vehicle.id] = vehicle
    return found, rows[0][:2]


@functools.cache
def _statement() -> str:
    return f"""
        SELECT {COUNTERS}, vehicle.id,
            vehicle.plate ~ %s OR vehicle.plate <> '' AND EXISTS (
                SELECT FROM zones_permit permit
                WHERE permit.city_id = vehicle.city_id AND permit.plate = vehicle.plate
            ),
            EXISTS (
                SELECT FROM curbs_booking booking
                WHERE booking.vehicle_id = vehicle.id AND booking.during && %s
                    AND booking.confirmed_at IS NOT NULL
            ),
            {_VEHICLE.select}
        FROM (SELECT) always
        LEFT JOIN carriers_vehicle vehicle ON vehicle.city_id = %s AND vehicle.id = ANY(%s)
    """
