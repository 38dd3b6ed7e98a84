"""From noisy fixes to points: who stands is one place, not a cloud.

Receivers in streets scatter by about 8 m (1 sigma, each axis), and some single fixes lie 50 m off.
A standing vehicle reports once a minute from the same place, so the mean of its fixes is known
much better than each; fixes far from the mean are left out unless a second one follows.
"""

from collections.abc import Iterator
from math import hypot, sqrt
from uuid import UUID

from msgspec import Struct

from tracking.rules.told import Point, Told, seconds

USELESS_ACCURACY_M = 100.0
"""A fix this coarse says nothing about a street: cell towers, not satellites."""
STANDING_MPS = 1.0
"""Slower than a person walks: the vehicle stands (or crawls, which is the same to a curb)."""
MOVING_MPS = 2.0
"""A reported speed from here on ends a stand at once; below, two fixes have to agree."""
STANDING_RADIUS_M = 30.0
"""A fix of the same place lies farther from the mean in less than 3 % of cases (8 m per axis,
mean of one: sigma 11.3 m per axis, exp(-30^2 / (2 * 11.3^2)) = 3 %); an outlier of 50 m does."""
NOISE_PAIR_M = 16.0
"""Two fixes of one place lie about so far apart (8 m per axis, twice): that is no way driven."""
STANDING_GAP_S = 10.0
"""Without a reported speed two fixes closer in time than this cannot tell standing from slow."""


UNKNOWN_ACCURACY_M = 15.0
"""The noise of a fix that does not say its own: that of a bad receiver in a street (a usual one
has 8 m), for who does not say gets the benefit of the doubt."""
FINEST_M = 3.0
"""No point is better known than this, whatever it says: errors of a place stay for minutes, and
streets and borders are not drawn more exactly."""


def sigma_of(fix: Told) -> float:
    """Return the noise of a fix on each axis (1 sigma, metres)."""
    accuracy = UNKNOWN_ACCURACY_M if fix.accuracy_m is None else fix.accuracy_m
    return max(accuracy, FINEST_M)


class Stand(Struct, array_like=True):
    """A standing vehicle: sums of its fixes, first and last of them."""

    since: float
    first_event_id: UUID
    last: float
    n: int
    sum_x: float
    sum_y: float
    sum_lng: float
    sum_lat: float
    sum_variance: float = 0.0

    @property
    def sigma(self) -> float:
        """Return the noise of the mean: that of a fix by the square root of their number, the
        first not counted, since it chose where the stand is."""
        return max(sqrt(self.sum_variance / self.n / max(1, self.n - 1)), FINEST_M)

    @property
    def x(self) -> float:
        """Return the mean, metres east."""
        return self.sum_x / self.n

    @property
    def y(self) -> float:
        """Return the mean, metres north."""
        return self.sum_y / self.n


class Motion(Struct, array_like=True):
    """Where a vehicle is and whether it stands; `ended` is the stand that the last fix ended."""

    last: Point | None = None
    stand: Stand | None = None
    doubt: Told | None = None
    ended: Stand | None = None
    ended_at: float = 0.0


def feed(motion: Motion, fix: Told) -> Iterator[Point]:
    """Take the next fix in the order of meaning; yield the points that are now certain."""
    motion.ended = None
    t = seconds(fix.at)
    if fix.accuracy_m is not None and fix.accuracy_m > USELESS_ACCURACY_M:
        return
    if motion.last is not None and t <= motion.last.t:
        return
    if motion.stand is None:
        yield from _moving(motion, fix, t)
    else:
        yield from _standing(motion, motion.stand, fix, t)


def _moving(motion: Motion, fix: Told, t: float) -> Iterator[Point]:
    last = motion.last
    if _has_stopped(last, fix, t):
        motion.stand = _stand(motion, fix, t)
        yield _keep(motion, Point(t, fix.x, fix.y, fix.event_id, True, sigma=sigma_of(fix)))
    else:
        point = Point(t, fix.x, fix.y, fix.event_id, speed=fix.speed_mps, sigma=sigma_of(fix))
        yield _keep(motion, point)


def _stand(motion: Motion, fix: Told, t: float) -> Stand:
    """Return the stand that begins with a fix, or before it when the fix before came long ago:
    then the vehicle had arrived as soon as the way from there was driven."""
    stand = Stand(t, fix.event_id, t, 0, 0.0, 0.0, 0.0, 0.0)
    _add(stand, fix, t)
    last = motion.last
    if last is not None and t - last.t >= STANDING_GAP_S:
        metres = max(0.0, hypot(fix.x - last.x, fix.y - last.y) - NOISE_PAIR_M)
        arrived = last.t + metres / max(last.speed or 0.0, MOVING_MPS * 2)
        earliest = motion.ended_at if motion.ended is not None else arrived
        stand.since = min(t, max(arrived, earliest))
    return stand


def _add(stand: Stand, fix: Told, t: float) -> None:
    stand.n += 1
    stand.sum_x += fix.x
    stand.sum_y += fix.y
    stand.sum_variance += sigma_of(fix) ** 2
    stand.sum_lng += fix.lng or 0.0
    stand.sum_lat += fix.lat or 0.0
    stand.last = t


def _has_stopped(last: Point | None, fix: Told, t: float) -> bool:
    if fix.speed_mps is not None:
        return fix.speed_mps < STANDING_MPS
    if last is None or t - last.t < STANDING_GAP_S:
        return False
    metres = hypot(fix.x - last.x, fix.y - last.y)
    return metres <= STANDING_RADIUS_M and metres / (t - last.t) < STANDING_MPS


def _standing(motion: Motion, stand: Stand, fix: Told, t: float) -> Iterator[Point]:
    drives = fix.speed_mps is not None and fix.speed_mps >= MOVING_MPS
    near = hypot(fix.x - stand.x, fix.y - stand.y) <= STANDING_RADIUS_M
    if near and not drives:
        motion.doubt = None
        _add(stand, fix, t)
        yield _keep(motion, _mean(stand, fix, t))
    elif not drives and (motion.doubt is None or _scattered(motion.doubt, fix)):
        motion.doubt = fix
    else:
        doubted, motion.doubt = motion.doubt, None
        if drives and (near or _said_to_stand(doubted)):
            doubted = None  # one fix far off between two of the stand: noise
        if doubted is not None and stand.n == 1 and _said_to_stand(doubted):
            yield from _centred_anew(motion, stand, doubted, fix)
            return
        _end(motion, stand, doubted if doubted is not None else fix)
        if doubted is not None:
            yield from _moving(motion, doubted, seconds(doubted.at))
        if motion.stand is None:
            yield from _moving(motion, fix, t)
        else:
            yield from _standing(motion, motion.stand, fix, t)


def _centred_anew(motion: Motion, stand: Stand, doubted: Told, fix: Told) -> Iterator[Point]:
    """Move a stand of one fix to where the next two agree that it is: the first was the noise."""
    moved = Stand(stand.since, stand.first_event_id, stand.last, 0, 0.0, 0.0, 0.0, 0.0)
    for one in (doubted, fix):
        t = seconds(one.at)
        _add(moved, one, t)
        motion.stand = moved
        yield _keep(motion, _mean(moved, one, t))


def _mean(stand: Stand, fix: Told, t: float) -> Point:
    return Point(t, stand.x, stand.y, fix.event_id, True, sigma=stand.sigma)


def _scattered(doubted: Told, fix: Told) -> bool:
    """Return whether two fixes off a stand are both said to stand, but not in one place: noise
    twice, since who moves there says so and who stands there stays."""
    apart = hypot(fix.x - doubted.x, fix.y - doubted.y) > STANDING_RADIUS_M
    return apart and _said_to_stand(doubted) and _said_to_stand(fix)


def _said_to_stand(fix: Told | None) -> bool:
    return fix is not None and fix.speed_mps is not None and fix.speed_mps < STANDING_MPS


def _end(motion: Motion, stand: Stand, first_away: Told) -> None:
    """Close the stand: it ended as long before the first fix away as the way there took."""
    metres = hypot(first_away.x - stand.x, first_away.y - stand.y)
    way_s = metres / max(first_away.speed_mps or 0.0, MOVING_MPS * 2)
    motion.ended = stand
    motion.ended_at = max(stand.last, seconds(first_away.at) - way_s)
    motion.stand = None


def _keep(motion: Motion, point: Point) -> Point:
    motion.last = point
    return point
