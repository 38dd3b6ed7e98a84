"""Webhooks: endpoints of the reader's organisation, their secrets, what was delivered to them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import scopes
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.services import deliveries
from accounts.services import webhooks as services
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields, webhooks
from portal.people import Page
from portal.tables import table

PLACES = {"": "url", "/url": "url"}
DO = {"pause": False, "resume": True}


class _Webhooks(Page):
    scope = scopes.WEBHOOKS_WRITE

    def found(self, webhook_id: UUID) -> WebhookEndpoint:
        """Return an endpoint of the reader's organisation. Raises Http404."""
        row = webhooks.endpoints_of(self.actor).filter(pk=webhook_id).first()
        if row is None:
            raise Http404(_("Your organisation has no such endpoint."))
        return row

    def read(self, sent: Any, wrong: dict[str, Any]) -> tuple[str, list[str]]:
        """Return address and topics as they were sent, and say what is missing."""
        url = fields.text(sent, "url", webhooks.LONGEST_URL)
        topics = [name[:80] for name in sent.getlist("topics")]
        if not url:
            wrong["url"] = _("Give the address of the receiver.")
        if not topics:
            wrong["topics"] = _("Choose at least one topic.")
        return url, topics

    def secret(self, row: WebhookEndpoint) -> HttpResponse:
        """Return the page that shows a new secret, this once."""
        answer = self.show(
            "portal/webhooks/secret.html",
            endpoint=webhooks.endpoint(row, self.actor.city.tz),
            secret=row.secret,
        )
        answer["Cache-Control"] = "no-store"
        return answer


class Webhooks(_Webhooks):
    """`/webhooks/`: the endpoints; POST `url, topics` registers one and shows its secret."""

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        wrong, topics = more.get("wrong", {}), more.get("topics", [])
        return self.show(
            "portal/webhooks/list.html",
            more.get("status", 200),
            endpoints=webhooks.listed(self.actor),
            form=webhooks.form(more.get("sent", {}), topics, wrong, self.actor),
            errors=fields.errors(wrong),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        wrong: dict[str, Any] = {}
        url, topics = self.read(request.POST, wrong)
        status = 422
        if not wrong:
            try:
                row = services.register(actor=self.actor, url=url, topics=topics, now=self.now)
                return self.secret(row)
            except Refusal as refusal:
                wrong, status = fields.wrong_of(refusal, PLACES, "topics"), refusal.status
        return self.get(request, sent=request.POST, topics=topics, wrong=wrong, status=status)


class OneWebhook(_Webhooks):
    """`/webhooks/<id>/`: an endpoint with its log (`?state=&topic=`); POST `do=save` (`url,
    topics`), `do=pause`, `do=resume`."""

    def get(self, request: HttpRequest, webhook_id: UUID, **more: Any) -> HttpResponse:
        row = self.found(webhook_id)
        tz, wrong = self.actor.city.tz, more.get("wrong", {})
        sent = more.get("sent", {"url": row.url})
        chosen = {name: request.GET.get(name, "")[:80] for name in ("state", "topic")}
        given = {name: value for name, value in chosen.items() if value}
        log = webhooks.deliveries_of(self.actor).filter(endpoint=row, **given)
        dead = row.deliveries.filter(state=WebhookDelivery.State.DEAD).count()
        return self.show(
            "portal/webhooks/endpoint.html",
            more.get("status", 200),
            endpoint=webhooks.endpoint(row, tz, dead=dead),
            form=webhooks.form(sent, more.get("topics", row.topics), wrong, self.actor),
            replay=webhooks.replay_form(sent, more.get("states", ["dead"]), wrong),
            overlap=webhooks.overlap_field(wrong.get("overlap", "")),
            table=table(request, log, webhooks.COLUMNS, default="-at",
                        prepare=lambda page: webhooks.shown(page, row, tz)),
            states=WebhookDelivery.State.choices,
            topics=[(name, webhooks.topic(name)) for name in row.topics],
            chosen=chosen,
            errors=fields.errors(wrong),
        )  # fmt: skip

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        self.found(webhook_id)
        do = request.POST.get("do")
        if do in DO:
            services.change(actor=self.actor, endpoint_id=webhook_id, active=DO[do], now=self.now)
            text = _("It is told news again.") if DO[do] else _("Nothing is delivered to it now.")
            messages.success(request, text)
            return redirect("portal:webhook", webhook_id)
        return self._save(request, webhook_id)

    def _save(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        wrong: dict[str, Any] = {}
        url, topics = self.read(request.POST, wrong)
        if not wrong:
            try:
                services.change(
                    actor=self.actor, endpoint_id=webhook_id, url=url, topics=topics, now=self.now
                )
                messages.success(request, _("The endpoint is changed."))
                return redirect("portal:webhook", webhook_id)
            except Refusal as refusal:
                wrong = fields.wrong_of(refusal, PLACES, "topics")
        return self.get(
            request, webhook_id, sent=request.POST, topics=topics, wrong=wrong, status=422
        )


class RotateWebhook(OneWebhook):
    """`POST /webhooks/<id>/rotate/` (`overlap` in seconds): a new secret, shown this once."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        self.found(webhook_id)
        overlap = request.POST.get("overlap", "")
        if overlap not in dict(webhooks.OVERLAPS):
            wrong = {"overlap": _("Choose how long the secret of now goes on signing.")}
            return self.get(request, webhook_id, wrong=wrong, status=422)
        row = services.rotate_secret(
            actor=self.actor,
            endpoint_id=webhook_id,
            overlap=timedelta(seconds=int(overlap)),
            now=self.now,
        )
        return self.secret(row)


class DeleteWebhook(_Webhooks):
    """`/webhooks/<id>/delete/`: what goes with it; POST deletes."""

    def get(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        row = self.found(webhook_id)
        shown = webhooks.endpoint(row, self.actor.city.tz, waiting=row.deliveries.count())
        return self.show("portal/webhooks/delete.html", endpoint=shown)

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        services.remove(actor=self.actor, endpoint_id=webhook_id, now=self.now)
        messages.success(request, _("The endpoint is deleted."))
        return redirect("portal:webhooks")


class ReplayWebhook(OneWebhook):
    """`POST /webhooks/<id>/replay/` (`states, since, until`): deliver once more, all dead ones or
    others, of some days or all."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        row, sent = self.found(webhook_id), request.POST
        states = [one for one in sent.getlist("states") if one in WebhookDelivery.State.values]
        wrong: dict[str, Any] = {} if states else {"states": _("Choose which deliveries.")}
        start, end = self._day(sent, "since", 0, wrong), self._day(sent, "until", 1, wrong)
        if not wrong:
            try:
                count = deliveries.replay(
                    actor=self.actor, endpoint=row, start=start, end=end, states=states,
                    now=self.now,
                )  # fmt: skip
            except Refusal as refusal:
                wrong = fields.wrong_of(refusal, {}, "until")
            else:
                messages.success(request, self._sent_again(row, count))
                return redirect("portal:webhook", webhook_id)
        kept = {"url": row.url, "since": sent.get("since", ""), "until": sent.get("until", "")}
        return self.get(request, webhook_id, sent=kept, states=states, wrong=wrong, status=422)

    def _sent_again(self, row: WebhookEndpoint, count: int) -> str:
        text = ngettext("%(n)s delivery is sent again.", "%(n)s deliveries are sent again.", count)
        held = webhooks.held_back(row, self.actor.city.tz, count) if count else ""
        return f"{text % {'n': count}} {held}".strip()

    def _day(self, sent: Any, name: str, after: int, wrong: dict[str, Any]) -> datetime | None:
        """Return the local midnight at the beginning of a day, or so many days after it."""
        typed = fields.text(sent, name)
        on = fields.day(typed)
        if on is None:
            if typed:
                wrong[name] = _("This is no day of the calendar.")
            return None
        return local_midnight(on + timedelta(days=after), self.actor.city.tz)


class OneDelivery(_Webhooks):
    """`/webhooks/deliveries/<id>/`: a delivery with its attempts."""

    def get(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        rows = webhooks.deliveries_of(self.actor).select_related("endpoint")
        row = rows.filter(pk=delivery_id).first()
        if row is None:
            raise Http404(_("Your organisation has no such delivery."))
        tz = self.actor.city.tz
        (shown,) = webhooks.shown([row], row.endpoint, tz)
        return self.show(
            "portal/webhooks/delivery.html",
            delivery=shown,
            endpoint=webhooks.endpoint(row.endpoint, tz),
            log=webhooks.log_of(row, tz),
        )


class ReplayDelivery(_Webhooks):
    """`POST /webhooks/deliveries/<id>/replay/`: deliver it once more."""

    def post(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        row = deliveries.replay_one(actor=self.actor, delivery_id=delivery_id, now=self.now)
        held = webhooks.held_back(row.endpoint, self.actor.city.tz)
        text = _("It is delivered once more within a second or two.")
        messages.success(request, held or text)
        return redirect("portal:webhook", row.endpoint_id)
