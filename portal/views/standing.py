"""What stands still: the table, another attempt, and skipping an event in two steps."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.models import StandingStill
from foundation import stopped
from portal import standing
from portal.people import Page
from portal.tables import table


class Standing(Page):
    """`/standing/`: vehicles and facilities that a consumer cannot go on with."""

    scope = scopes.CONSUMERS_MEND

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = StandingStill.objects.visible_to(self.actor, self.scope)
        shown = table(
            request,
            rows,
            standing.COLUMNS,
            default="-since",
            prepare=lambda page: standing.shown(page, self.actor),
        )
        return self.show("portal/standing/list.html", table=shown)


class Retry(Page):
    """`POST /standing/<id>/retry/`: another attempt at once."""

    scope = scopes.CONSUMERS_MEND

    def post(self, request: HttpRequest, stopped_id: UUID) -> Any:
        stopped.retry(actor=self.actor, stopped_id=stopped_id, now=self.now)
        messages.success(request, _("It is tried again within a second or two."))
        return redirect("portal:standing")


class Skip(Page):
    """`/standing/<id>/skip/`: what skipping means; POST skips."""

    scope = scopes.CONSUMERS_MEND

    def get(self, request: HttpRequest, stopped_id: UUID) -> HttpResponse:
        row = StandingStill.objects.visible_to(self.actor, self.scope).filter(pk=stopped_id).first()
        if row is None:
            raise Http404(_("This does not stand still, or not any more."))
        (shown,) = standing.shown([row], self.actor)
        return self.show("portal/standing/skip.html", row=shown)

    def post(self, request: HttpRequest, stopped_id: UUID) -> Any:
        stopped.skip(actor=self.actor, stopped_id=stopped_id, now=self.now)
        messages.success(request, _("The event is skipped. What came after it is read now."))
        return redirect("portal:standing")
