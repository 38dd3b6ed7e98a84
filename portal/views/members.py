"""Which of their organisations a person acts for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Membership
from accounts.resolving import SESSION_KEY
from portal.people import Page
from portal.views.slots import as_uuid


class ChooseMembership(Page):
    """`/membership/`: choose the organisation to act for; kept in the session."""

    scope = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("portal/membership.html", memberships=self._mine(), next=self._next())

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = as_uuid(request.POST.get("membership"))
        chosen = self._mine().filter(pk=wanted).first()
        if chosen is None:
            return self.show(
                "portal/membership.html",
                422,
                memberships=self._mine(),
                missing=True,
                next=self._next(),
            )
        request.session[SESSION_KEY] = str(chosen.pk)
        return redirect(self._next())

    def _mine(self) -> Any:
        if not self.request.user.is_authenticated:
            return Membership.objects.none()
        rows = Membership.objects.filter(user=self.request.user)
        return rows.select_related("organisation__city").order_by("organisation__name")

    def _next(self) -> str:
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        hosts = {self.request.get_host()}
        return wanted if url_has_allowed_host_and_scheme(wanted, hosts) else "/"
