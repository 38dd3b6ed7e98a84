"""What every page shows around its content: city, person, navigation, the time of a demo."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Membership, Role
from foundation import clock
from portal import quarantine
from portal.people import actor_or_none


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `chrome`, looked up only when a template asks for it."""
    return {"chrome": SimpleLazyObject(lambda: _chrome(request))}


def _chrome(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    actor = actor_or_none(request, now)
    city = actor.city if actor else None
    signed_in = request.user.is_authenticated
    code = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "city": city,
        "actor": actor,
        "organisation": actor.organisation if actor else None,
        "person": str(request.user) if signed_in else "",
        "memberships": _memberships(request) if signed_in else [],
        "nav": list(_nav(request, actor)),
        "language": code,
        "language_name": dict(settings.LANGUAGES).get(code, code),
        "languages": settings.LANGUAGES,
        "demo": clock.is_demo(),
        "demo_logins": _demo_logins(city),
        "now": now,
        "time_zone": city.time_zone if city else "UTC",
        "local_now": formats.date_format(now.astimezone(city.tz) if city else now, "l j F Y H:i"),
    }


def _memberships(request: HttpRequest) -> list[Membership]:
    mine = request.user.memberships.select_related("organisation__city")
    return list(mine.order_by("organisation__city__name", "organisation__name"))


def _nav(request: HttpRequest, actor: Actor | None) -> list[dict[str, Any]]:
    allowed: list[tuple[str, str, Callable[[Actor], bool]]] = [
        (_("Control tower"), reverse("portal:tower"), lambda who: True),
        (_("Bookings"), reverse("portal:bookings"), lambda who: who.may(scopes.CURBS_READ)),
        (_("Findings"), reverse("portal:findings"), lambda who: who.may(scopes.FINDINGS_READ)),
        (_("Rules"), reverse("portal:rules"), lambda who: who.may(scopes.RULES_READ)),
        (_("Patrol"), reverse("portal:patrol"), lambda who: who.may(scopes.ENFORCEMENT_CHECK)),
        (_("Quarantine"), reverse("portal:quarantine"), lambda who: who.may(scopes.EVENTS_WRITE)),
        (_("Exceptions"), reverse("portal:exceptions"), lambda who: who.may(scopes.VEHICLES_READ)),
        (_("Reports"), reverse("portal:reports"), lambda who: who.may(scopes.REPORTS_READ)),
        (_("Standing still"), reverse("portal:standing"), _mends),
    ]
    waiting = reverse("portal:quarantine")
    items = [
        {
            "label": label,
            "url": url,
            "current": _within(request.path, url),
            "count": quarantine.nav_count(actor) if url == waiting else "",
        }
        for label, url, may in allowed
        if actor is not None and may(actor)
    ]
    if getattr(request.user, "is_staff", False):
        items.append({"label": _("Back office"), "url": reverse("admin:index"), "current": False})
    return items


def _mends(actor: Actor) -> bool:
    return actor.may(scopes.CONSUMERS_MEND)


def _within(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)


def _demo_logins(city: Any) -> list[dict[str, str]]:
    """Return the logins that the demo wrote into its city; nothing outside a demo database."""
    if city is None or not clock.is_demo():
        return []
    roles = dict(Role.choices)
    logins = city.settings.get("demo_logins", [])
    return [{**login, "who": str(roles.get(login.get("role"), ""))} for login in logins]
