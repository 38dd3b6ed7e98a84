"""What every page shows around its content: city, person, navigation, the time of a demo."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from accounts.models import Membership, Role
from foundation import clock
from portal import navigation, words
from portal.people import actor_or_none


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `chrome`, looked up only when a template asks for it."""
    return {"chrome": SimpleLazyObject(lambda: _chrome(request))}


def _chrome(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    actor = actor_or_none(request, now)
    city = actor.city if actor else None
    local = now.astimezone(city.tz) if city else now
    signed_in = request.user.is_authenticated
    code = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "city": city,
        "actor": actor,
        "organisation": actor.organisation if actor else None,
        "person": str(request.user) if signed_in else "",
        "memberships": _memberships(request) if signed_in else [],
        "nav": navigation.of(request, actor),
        "back_office": getattr(request.user, "is_staff", False),
        "language": code,
        "language_name": dict(settings.LANGUAGES).get(code, code),
        "languages": settings.LANGUAGES,
        "demo": clock.is_demo(),
        "demo_logins": _demo_logins(city),
        "now": now,
        "time_zone": city.time_zone if city else "UTC",
        "local_now": f"{words.in_full(local)} {local:%H:%M}",
    }


def _memberships(request: HttpRequest) -> list[Membership]:
    mine = request.user.memberships.select_related("organisation__city")
    return list(mine.order_by("organisation__city__name", "organisation__name"))


def _demo_logins(city: Any) -> list[dict[str, str]]:
    """Return the logins that the demo wrote into its city; nothing outside a demo database."""
    if city is None or not clock.is_demo():
        return []
    roles = dict(Role.choices)
    logins = city.settings.get("demo_logins", [])
    return [{**login, "who": str(roles.get(login.get("role"), ""))} for login in logins]
