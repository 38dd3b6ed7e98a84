"""Whether ground can be of a city at all: its reference system says for which region it is made."""

from django.utils.translation import gettext as _

from accounts.models import City
from kernel.geometry import Bounds, region
from kernel.refusals import Code, Refusal


def require_here(
    bounds: Bounds, city: City, code: Code, pointer: str = "/geometry", *, partly: bool = False
) -> None:
    """Raises Refusal with the code where the bounds (WGS84 degrees) leave the city's region, or
    where no part of them lies in it."""
    here = region(city.srid)
    lies = here.meets if partly else here.holds
    if lies(bounds):
        return
    west, south, east, north = bounds
    detail = _("It lies outside of the region of this city.")
    if lies((south, west, north, east)):
        detail = _("Longitude and latitude seem to be swapped: longitude is told first.")
    raise Refusal(code, detail, pointer=pointer)
