"""Networks by their rows: the database says which, the process keeps them open."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kernel.refusals import Refusal
from roads import codes
from roads.models import StreetNetwork, View
from roads.network import Network, open_view
from roads.storage import restore


def free(city_id: UUID, profile: str) -> Network:
    """Return a city's network with nothing closed. Raises Refusal roads.no_streets."""
    return of(free_view(city_id, profile))


def free_view(city_id: UUID, profile: str) -> View:
    """Return the row of a city's free view. Raises Refusal roads.no_streets."""
    view = _free_views(city_id, profile).select_related("city").first()
    if view is None:
        raise Refusal(codes.NO_STREETS, _("Load the city's streets first."))
    return view


def content(city_id: UUID, profile: str) -> str | None:
    """Return what names the content of the streets loaded now; None when there is no network of
    the profile to drive on."""
    return _free_views(city_id, profile).values_list("content", flat=True).first()


def _free_views(city_id: UUID, profile: str) -> QuerySet[View]:
    loaded = StreetNetwork.objects.filter(city_id=city_id).values("content")[:1]
    views = View.objects.filter(city_id=city_id, profile=profile, key="free", content=loaded)
    return views.order_by("-created_at")


def of(view: View) -> Network:
    """Return the network of a view, opened once per process."""
    return open_view(restore(view, view.city.code))


def has_streets(city_id: UUID) -> bool:
    """Return whether a city's streets are loaded."""
    return StreetNetwork.objects.filter(city_id=city_id).exists()
