"""How fast a street flows when nothing is in the way."""

import shapely

from roads.network import Network, length_m
from roads.osm.streets import Street

# A way is driven from 5 % to 95 % of its length, so that the ends do not snap to crossing streets;
# what the router then drives may differ this much from the way's own length.
ENDS, TOLERANCE = 0.05, 0.15


def free_flow_mps(network: Network, street: Street) -> float | None:
    """Return the speed (m/s, turns left out) at which `network` drives along a street.

    None when it does not drive along it: too short, or closed to the profile.
    """
    line = shapely.LineString(street.coords)
    ends = [line.interpolate(share, normalized=True) for share in (ENDS, 1 - ENDS)]
    points = [(point.x, point.y) for point in ends]
    for way in (points, points[::-1]):
        speed = network.speed_along(way)
        if speed is not None and _same_length(street, speed[1]):
            return speed[0]
    return None


def _same_length(street: Street, driven_m: float) -> bool:
    own_m = length_m(street.coords) * (1 - 2 * ENDS)
    return own_m > 0 and abs(driven_m - own_m) <= TOLERANCE * own_m + 2
