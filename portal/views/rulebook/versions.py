"""One version of a regulation: its rows, a vehicle tested, the solver's findings, its life."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from kernel.refusals import Refusal
from portal import fields, words
from portal.people import Page
from portal.rulebook import analysis, asking, history, versions
from zones.models import RegulationVersion
from zones.services import regulations, reviewing, suspending
from zones.services.versions import content_hash
from zones.terms import RuleTerms

State = RegulationVersion.State


class OneVersion(Page):
    """`/rules/versions/<id>/`: what it says, to whom; `?category=…` tests a vehicle."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest, version_id: UUID, **more: Any) -> HttpResponse:
        version = versions.version_of(self.actor, version_id)
        tz = self.actor.city.tz
        before = versions.predecessor(version)
        form = asking.read(request.GET, version, self.actor, self.now)
        return self.show(
            "portal/rules/version.html",
            more.pop("status", 422 if form.wrong else 200),
            version=version,
            seen=content_hash(version),
            shown=versions.shown(version, tz),
            rows=versions.rows_of(version.rows),
            unreferenced=versions.unreferenced(version),
            history=history.of(version, tz),
            before=None if before is None else versions.shown(before, tz),
            diff=[] if before is None else versions.diff(before, version),
            vacate=words.seconds(version.vacate_by_s) if version.vacate_by_s else "",
            form=asking.form_fields(form, version),
            **self._tested(version, form),
            **self._may(version),
            errors=more.pop("errors", fields.errors(form.wrong)),
            reason_wrong=more.pop("reason_wrong", ""),
            given_reason=more.pop("given_reason", ""),
        )

    def _tested(self, version: RegulationVersion, form: asking.Form) -> dict[str, Any]:
        asked = form.asked
        if asked is None or "category" not in self.request.GET:
            return {}
        tz = self.actor.city.tz
        known = asking.evaluator(version, self.actor, self.now)
        period = asking.week_of(asked.at, tz)
        pieces = asking.over(known, version, asked, period)
        return {
            "answer": asking.answer(version, pieces, asked, tz),
            "week": asking.week(pieces, period, tz),
        }

    def _may(self, version: RegulationVersion) -> dict[str, Any]:
        """Return what the reader may do next; the services have the last word."""
        writes = self.actor.may(scopes.RULES_WRITE)
        mine = self.actor.user_id in (version.created_by, version.changed_by)
        needs_review = RuleTerms.of(self.actor.city.settings).review
        draft = version.state == State.DRAFT
        return {
            "open": version.state in (State.DRAFT, State.REVIEWED),
            "may_write": writes,
            "may_edit": writes and draft,
            "may_review": writes and draft and not mine,
            "waits": draft and mine and needs_review,
            "may_unreview": writes and version.state == State.REVIEWED,
            "may_publish": writes
            and (version.state == State.REVIEWED or (draft and not needs_review)),
            "may_suspend": writes and version.state == State.PUBLISHED,
            "may_resume": writes and version.state == State.SUSPENDED,
            "may_annul": writes
            and version.recorded_from is not None
            and version.recorded_until is None,
        }


class Analysis(Page):
    """`/rules/versions/<id>/analysis/`: what the solver finds over all vehicles and times."""

    scope = scopes.RULES_READ
    template: ClassVar[str] = "portal/rules/analysis.html"

    def get(self, request: HttpRequest, version_id: UUID) -> HttpResponse:
        version = versions.version_of(self.actor, version_id)
        return self.show(
            self.template,
            version=version,
            shown=versions.shown(version, self.actor.city.tz),
            found=analysis.shown(version, self.actor, self.now),
        )


class AnalysisPart(Analysis):
    """`/rules/versions/<id>/analysis/part/`: the same, for the page of the version."""

    template = "portal/parts/analysis.html"


class Step(OneVersion):
    """A step in the life of a version; what stands against it is said on its page."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)
    done: ClassVar[Any]
    needs_reason: ClassVar[bool] = False

    def post(self, request: HttpRequest, version_id: UUID) -> HttpResponse:
        versions.version_of(self.actor, version_id)
        reason = fields.text(request.POST, "reason", 1000)
        if self.needs_reason and not reason:
            text = _("Say why.")
            return self._refused(version_id, 422, [{"field": "reason", "text": text}], text)
        try:
            version = self.act(version_id, reason)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            told = [{"field": "main", "text": one.detail} for one in refusal.reasons]
            return self._refused(version_id, refusal.status, told)
        messages.success(request, self.done)
        return redirect("portal:rule-version", version.id)

    def _refused(
        self, version_id: UUID, status: int, errors: list[dict[str, Any]], reason_wrong: str = ""
    ) -> HttpResponse:
        return self.get(
            self.request, version_id, status=status, errors=errors, reason_wrong=reason_wrong
        )

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        """Take the step; return the version to be shown then. Raises Refusal."""
        raise NotImplementedError


class Review(Step):
    """`POST /rules/versions/<id>/review/` (`seen`: the hash of what was read)."""

    done = gettext_lazy("You have reviewed this version. It can be published now.")

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        seen = fields.text(self.request.POST, "seen", 64)
        return reviewing.review(actor=self.actor, version_id=version_id, seen=seen, now=self.now)


class Unreview(Step):
    """`POST /rules/versions/<id>/unreview/` (`reason`)."""

    done = gettext_lazy("The version is a draft again.")
    needs_reason = True

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        return reviewing.unreview(
            actor=self.actor, version_id=version_id, reason=reason, now=self.now
        )


class Suspend(Step):
    """`POST /rules/versions/<id>/suspend/` (`reason`)."""

    done = gettext_lazy("The version is suspended: it does not rule from now on.")
    needs_reason = True

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        return suspending.suspend(
            actor=self.actor, version_id=version_id, reason=reason, now=self.now
        )


class Resume(Step):
    """`POST /rules/versions/<id>/resume/`."""

    done = gettext_lazy("The version rules again from now on.")

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        return suspending.resume(actor=self.actor, version_id=version_id, now=self.now)


class Annul(Step):
    """`POST /rules/versions/<id>/annul/` (`reason`)."""

    done = gettext_lazy("The version is annulled: it never was in force.")
    needs_reason = True

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        return regulations.annul(
            actor=self.actor, version_id=version_id, reason=reason, now=self.now
        )


class Another(Step):
    """`POST /rules/versions/<id>/another/`: a new draft that says the same, to be changed."""

    done = gettext_lazy("A new draft with the same rows was written. Change it as needed.")

    def act(self, version_id: UUID, reason: str) -> RegulationVersion:
        known = versions.version_of(self.actor, version_id)
        return regulations.add_version(
            actor=self.actor,
            regulation_id=known.regulation_id,
            rows=known.rows,
            legal_from=max(self.now, known.legal_from),
            legal_until=_later(known.legal_until, self.now),
            vacate_by_s=known.vacate_by_s,
            title=known.title,
            legal_reference=known.legal_reference,
            now=self.now,
        )


def _later(until: Any, now: Any) -> Any:
    """Return an end that lies ahead; one that has passed ends no new draft."""
    return until if until is not None and until > now else None
