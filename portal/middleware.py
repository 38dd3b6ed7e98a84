"""The back office shows and takes local time of the city, not UTC."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from foundation import clock
from portal.people import actor_or_none


class CityTimeMiddleware(MiddlewareMixin):
    """Activates the city's time zone for the back office, whose forms know no city."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.path.startswith("/admin/") and request.user.is_authenticated:
            actor = actor_or_none(request, clock.now())
            if actor is not None:
                timezone.activate(actor.city.tz)

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        timezone.deactivate()
        return response
