"""City officials, officers and staff need a second factor; without one they set it up first."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from accounts import codes
from accounts.actors import CITY_ROLES
from accounts.models import Membership
from foundation import clock
from foundation.api import problems
from foundation.views import MACHINE_PATHS
from kernel.refusals import Refusal

# Where somebody without a second factor may still go: to set it up, and out.
_OPEN = ("/accounts/", "/static/", "/healthz", "/readyz", "/metrics", "/i18n/")


class SecondFactorMiddleware(MiddlewareMixin):
    """Sends who needs a second factor and has none to its set-up; in a demo it is only offered."""

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        if request.path.startswith(_OPEN) or not must_set_up(request):
            return None
        if request.path.startswith(MACHINE_PATHS):
            detail = _("Set up a second factor in the portal first.")
            return problems.response(Refusal(codes.SECOND_FACTOR, detail), request)
        return redirect("mfa_activate_totp")


def must_set_up(request: Any) -> bool:
    """Return whether the person of a session must set up a second factor before anything else."""
    if not _has_session(request) or not request.user.is_authenticated or clock.is_demo():
        return False
    return needs_second_factor(request.user) and not is_mfa_enabled(request.user)


def _has_session(request: Any) -> bool:
    # Machines send tokens: looking at their session would cost them a query.
    session = getattr(request, "session", None)
    return session is not None and session.session_key is not None


def needs_second_factor(user: Any) -> bool:
    """Return whether a person works for a city or in the back office."""
    if user.is_staff or user.is_superuser:
        return True
    return Membership.objects.filter(user=user, role__in=CITY_ROLES).exists()
