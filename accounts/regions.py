"""Whether ground can be of a city at all: its reference system says for which region it is made."""

from django.utils.translation import gettext as _

from accounts.models import City
from kernel.geometry import Bounds, region
from kernel.refusals import Code, Refusal


def require_here(bounds: Bounds, city: City, code: Code) -> None:
    """Raises Refusal with the code where the bounds (WGS84 degrees) leave the city's region."""
    here = region(city.srid)
    if here.holds(bounds):
        return
    detail = _("It lies outside of the region of this city.")
    if here.holds_swapped(bounds):
        detail = _("Longitude and latitude seem to be swapped: longitude is told first.")
    raise Refusal(code, detail, pointer="/geometry")
