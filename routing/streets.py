"""The networks that a plan drives on, as the planner asks for them."""

from datetime import datetime
from uuid import UUID

import shapely

from roads.network import Network
from roads.selectors import networks
from roads.services import views
from routing.ways import Streets


def streets_of(city_id: UUID, now: datetime) -> Streets:
    """Return a source of a city's networks; each set of closed shapes is looked up once."""
    known: dict[tuple[str, frozenset[bytes]], Network] = {}

    def network(profile: str, closed: tuple[shapely.Geometry, ...]) -> Network:
        key = profile, frozenset(shapely.to_wkb(shape) for shape in closed)
        if key not in known:
            view = views.ensure_view(city_id=city_id, profile=profile, closed=closed, now=now)
            known[key] = networks.of(view)
        return known[key]

    return network
