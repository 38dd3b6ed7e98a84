"""Who looks at a page, and the base of every page."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from accounts import codes
from accounts.actors import Actor
from foundation import clock
from foundation.api import actors
from kernel.refusals import Refusal


def actor_or_none(request: HttpRequest, now: datetime) -> Actor | None:
    """Return who acts; None where the host names no city and nobody is signed in."""
    try:
        return actors.of(request, now)
    except Refusal as refusal:
        if refusal.code == codes.CITY_UNKNOWN:
            return None
        raise


class Page(View):
    """A page of the portal. `scope`: what the reader must hold; None: everybody may look.

    Inside a handler `self.actor` is who looks and `self.now` domain time, read once.
    """

    scope: ClassVar[str | None]
    actor: Actor
    now: datetime

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "scope"):
            raise TypeError(f"{cls.__name__} does not name its scope")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.now = clock.now()
        actor = actor_or_none(request, self.now)
        if actor is None:
            raise Http404(_("No city answers under this host name."))
        self.actor = actor
        timezone.activate(actor.city.tz)  # what templates print; CityTimeMiddleware ends it
        if self.scope is not None and not actor.may(self.scope):
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            raise PermissionDenied(_("Your role does not include this page."))
        try:
            return super().dispatch(request, *args, **kwargs)
        except (OverflowError, DataError) as error:
            raise BadRequest(_("A number, text or date is out of range.")) from error
        except Refusal as refusal:
            if refusal.status == 404:
                raise Http404(str(refusal.reasons[0].detail)) from refusal
            raise

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer who opens an address that only a form is sent to: a page, with status 405."""
        page = self.show("405.html", 405)
        page["Allow"] = ", ".join(self._allowed_methods())
        return page

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Return the rendered page."""
        base = {"actor": self.actor, "now": self.now, "tz": self.actor.city.tz}
        return render(self.request, template, {**base, **context}, status=status)
