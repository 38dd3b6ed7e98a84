"""The quarantine: what was kept, one event, its replay or dismissal, and many at once."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import scopes
from carriers.models import Quarantined, Replay, ReplayedItem
from carriers.selectors import quarantine as reading
from carriers.selectors.quarantine import STATES, Filter
from carriers.services import quarantine as keeping
from carriers.services import replaying, replays
from foundation.api import mandate_use
from kernel.refusals import Refusal
from portal import quarantine, words
from portal.booking_day import local_day
from portal.people import Page
from portal.tables import link, table
from portal.views.slots import as_uuid
from portal.views.tower import companies_of

NAMES = ("code", "event_type", "organisation", "on")
RECENT = 5


class Quarantine(Page):
    """`/quarantine/`: narrowed by `state, code, event_type, organisation, on` (the local day of
    receipt); POST `do=selected` (`item`) or `do=all` replays."""

    scope = scopes.EVENTS_WRITE

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        state = request.GET.get("state")
        state = state if state in STATES else "open"
        chosen = _filter(request.GET, self.actor.city.tz)
        rows = Quarantined.objects.none()
        if chosen is not None:  # what is no day and no id finds nothing
            rows = chosen.narrow(reading.visible(self.actor).in_state(state))
        return self.show(
            "portal/quarantine/list.html",
            more.pop("status", 200),
            table=table(
                request,
                rows,
                quarantine.COLUMNS,
                default="-received",
                prepare=self._in_words,
            ),
            tabs=self._tabs(state),
            state=state,
            replayable=rows.replayable().count() if state == "open" else 0,
            reasons=self._choices(0, quarantine.reason),
            types=self._choices(1, str),
            companies=companies_of(self.actor),
            chosen={name: request.GET.get(name, "") for name in NAMES},
            any=any(request.GET.get(name) for name in NAMES),
            recent=self._recent(),
            **more,
        )

    def _in_words(self, page: Any) -> list[quarantine.Shown]:
        rows = list(page)
        mandate_use.note(self.actor, rows, scope=self.scope, at=self.now)
        return quarantine.shown(rows, self.actor)

    def _tabs(self, state: str) -> list[dict[str, Any]]:
        labels = {
            "open": _("Waiting"),
            "accepted": _("Taken into the log"),
            "dismissed": _("Dismissed"),
        }
        return [
            {
                "label": label,
                "url": link(self.request, state="" if key == "open" else key, page=""),
                "current": key == state,
            }
            for key, label in labels.items()
        ]

    def _choices(self, place: int, words_of: Any) -> list[tuple[str, str]]:
        values = sorted({kind[place] for kind in self._kinds()})
        return [(str(value), words_of(value)) for value in values]

    def _kinds(self) -> list[tuple[str, str, int]]:
        if not hasattr(self, "_known_kinds"):
            self._known_kinds = reading.kinds(self.actor)
        return self._known_kinds

    def _recent(self) -> list[quarantine.Progress]:
        rows = Replay.objects.visible_to(self.actor, self.scope).order_by("-id")[:RECENT]
        return [quarantine.progress(row, self.actor.city.tz) for row in rows]

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen, ids = None, None
        if request.POST.get("do") == "all":
            chosen = _filter(request.GET, self.actor.city.tz)
        else:
            ids = [one for text in request.POST.getlist("item") if (one := as_uuid(text))]
        if chosen is None and not ids:
            text = _("Choose at least one event to replay.")
            return self.get(request, status=422, errors=[{"field": "items", "text": text}])
        replay = replays.ask(actor=self.actor, ids=ids, chosen=chosen, now=self.now)
        return redirect("portal:quarantine-replay", replay.pk)


def _filter(given: Any, tz: Any) -> Filter | None:
    """Return the filter of an address, None when a part of it means nothing."""
    organisation = given.get("organisation")
    try:
        day = local_day(date.fromisoformat(given["on"]), tz) if given.get("on") else None
        return Filter(
            code=given.get("code") or None,
            event_type=given.get("event_type") or None,
            organisation_id=UUID(organisation) if organisation else None,
            received_from=day.start if day else None,
            received_until=day.end if day else None,
        )
    except (ValueError, OverflowError):
        return None


class OneQuarantined(Page):
    """`/quarantine/<id>/`: the event, why it was kept, and what can be done."""

    scope = scopes.EVENTS_WRITE

    def get(self, request: HttpRequest, quarantined_id: UUID, **more: Any) -> HttpResponse:
        row = reading.visible(self.actor).filter(pk=quarantined_id).first()
        if row is None:
            raise Http404(_("No such quarantined event."))
        mandate_use.note(self.actor, [row], scope=self.scope, at=self.now)
        shown = quarantine.shown([row], self.actor)[0]
        return self.show(
            "portal/quarantine/detail.html",
            more.pop("status", 200),
            item=shown,
            row=row,
            facts=self._facts(row, shown),
            reasons=[
                (quarantine.reason(one["code"]), one.get("pointer", ""), one.get("named", ""))
                for one in row.reasons
            ],
            content=quarantine.content(row),
            **more,
        )

    def _facts(self, row: Quarantined, shown: quarantine.Shown) -> list[tuple[str, str]]:
        facts = [
            (_("Carrier"), shown.organisation_name),
            (_("Vehicle"), shown.plate or shown.vehicle or "–"),
            (_("Happened"), shown.happened),
            (_("Received"), shown.received),
            (_("Id of the event"), str(row.event_id)),
        ]
        if row.resolved_at is not None:
            facts.append((_("Settled"), words.moment(row.resolved_at, self.actor.city.tz)))
        if row.note:
            facts.append((_("Why it was dismissed"), row.note))
        return facts


class ReplayOne(OneQuarantined):
    """`POST /quarantine/<id>/replay/`."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, quarantined_id: UUID) -> HttpResponse:
        try:
            _row, result = replaying.one(
                actor=self.actor, quarantined_id=quarantined_id, now=self.now
            )
        except Refusal as refusal:
            return self.refused(request, quarantined_id, refusal)
        if result.status in ("accepted", "duplicate"):
            messages.success(request, quarantine.told(result))
            return redirect(_back(request))
        messages.warning(request, quarantine.told(result))
        return redirect("portal:quarantined", quarantined_id)

    def refused(self, request: HttpRequest, item_id: UUID, refusal: Refusal) -> HttpResponse:
        """Show the event with what stands against it."""
        if refusal.status == 404:
            raise refusal
        errors = [{"field": "main", "text": one.detail} for one in refusal.reasons]
        return self.get(request, item_id, status=409, errors=errors)


class DismissOne(ReplayOne):
    """`POST /quarantine/<id>/dismiss/`: let it rest, with a reason."""

    def post(self, request: HttpRequest, quarantined_id: UUID) -> HttpResponse:
        reason = request.POST.get("reason", "").strip()[:1000]
        if not reason:
            errors = [{"field": "reason", "text": _("Say why the event is dismissed.")}]
            return self.get(request, quarantined_id, status=422, errors=errors, missing_reason=True)
        try:
            keeping.dismiss(
                actor=self.actor, quarantined_id=quarantined_id, reason=reason, now=self.now
            )
        except Refusal as refusal:
            return self.refused(request, quarantined_id, refusal)
        messages.success(request, _("The event was dismissed."))
        return redirect("portal:quarantine")


def _back(request: HttpRequest) -> str:
    """Return the list as it was narrowed, when the button stood in it."""
    query = request.POST.get("query", "")
    where = reverse("portal:quarantine")
    return f"{where}?{query}" if query else where


class ReplayProgress(Page):
    """`/quarantine/replays/<id>/`: how far a bulk replay is, and what was not taken."""

    scope = scopes.EVENTS_WRITE
    template = "portal/quarantine/replay.html"

    def get(self, request: HttpRequest, replay_id: UUID) -> HttpResponse:
        rows = Replay.objects.visible_to(self.actor, self.scope)
        row = rows.filter(pk=replay_id).first()
        if row is None:
            raise Http404(_("No such replay."))
        return self.show(
            self.template,
            replay=quarantine.progress(row, self.actor.city.tz),
            not_taken=self._not_taken(row),
        )

    def _not_taken(self, row: Replay) -> list[dict[str, Any]]:
        items = ReplayedItem.objects.filter(replay=row).select_related("quarantined")
        items = items.exclude(status__in=("", "accepted", "duplicate")).order_by("id")[:100]
        return [
            {
                "url": reverse("portal:quarantined", args=[item.quarantined_id]),
                "event_type": item.quarantined.event_type,
                "label": quarantine.STATUSES[item.status][0],
                "tone": quarantine.STATUSES[item.status][1],
                "why": quarantine.reason(item.code)
                if item.code in quarantine.REASONS
                else item.detail,
            }
            for item in items
        ]


class ReplayPart(ReplayProgress):
    """`/quarantine/replays/<id>/progress/`: the part of the page that moves."""

    template = "portal/parts/replay_progress.html"
