"""The life of a version: revised, reviewed, published, suspended, annulled."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts.scopes import RULES_WRITE
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from zones import codes
from zones.api import shapes
from zones.models import RegulationVersion
from zones.services import publishing, regulations, reviewing, suspending

TAGS = ["rules"]


class VersionView(HubView):
    """One version, and another wording for a draft."""

    scope = {"GET": None, "PUT": RULES_WRITE}
    missing = codes.VERSION_NOT_FOUND
    rows = RegulationVersion.objects

    @schema(response=shapes.VersionOut, summary="Show a version", tags=TAGS)
    def get(self, request: Any, version_id: UUID) -> Response:
        shown = RegulationVersion.objects.shown_to(self.actor).prefetch_related("suspensions")
        return Response(shapes.version(self.one(version_id, shown)))

    @schema(
        request=shapes.VersionIn,
        response=shapes.VersionOut,
        summary="Write a draft anew",
        refusals=(409,),
        tags=TAGS,
    )
    def put(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.VersionIn)
        version = regulations.revise(
            actor=self.actor,
            version_id=version_id,
            rows=sent.rows,
            legal_from=sent.legal_from,
            legal_until=sent.legal_until,
            vacate_by_s=sent.vacate_by_s,
            title=sent.title,
            legal_reference=sent.legal_reference,
            now=self.now,
        )
        return Response(shapes.version(version))


class _StepView(HubView):
    """A step in the life of a version."""

    scope = {"POST": RULES_WRITE}
    rows = RegulationVersion.objects


class ReviewView(_StepView):
    """A second person has read the draft."""

    scope = {"POST": RULES_WRITE}

    @schema(
        response=shapes.VersionOut,
        summary="Review a draft that another person wrote",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        version = reviewing.review(actor=self.actor, version_id=version_id, now=self.now)
        return Response(shapes.version(version))


class UnreviewView(_StepView):
    """A reviewed version is a draft again."""

    scope = {"POST": RULES_WRITE}

    @schema(
        request=shapes.ReasonIn,
        response=shapes.VersionOut,
        summary="Withdraw a review",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.ReasonIn)
        version = reviewing.unreview(
            actor=self.actor, version_id=version_id, reason=sent.reason, now=self.now
        )
        return Response(shapes.version(version))


class PublishView(_StepView):
    """A draft goes into force."""

    scope = {"POST": RULES_WRITE}

    @schema(
        request=shapes.PublishIn,
        response=shapes.VersionOut,
        summary="Publish a draft: from then on it stands as it is",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.PublishIn)
        version = publishing.publish(
            actor=self.actor,
            version_id=version_id,
            impact_id=sent.impact_id,
            bookings=sent.bookings,
            recorded_from=sent.recorded_from,
            now=self.now,
        )
        return Response(shapes.version(version))


class SuspendView(_StepView):
    """A version does not rule for a while."""

    scope = {"POST": RULES_WRITE}

    @schema(
        request=shapes.SuspendIn,
        response=shapes.VersionOut,
        summary="Suspend a published version",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.SuspendIn)
        version = suspending.suspend(
            actor=self.actor,
            version_id=version_id,
            reason=sent.reason,
            since=sent.since,
            now=self.now,
        )
        return Response(shapes.version(version))


class ResumeView(_StepView):
    """A suspended version rules again."""

    scope = {"POST": RULES_WRITE}

    @schema(
        request=shapes.ResumeIn,
        response=shapes.VersionOut,
        summary="Let a suspended version rule again",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.ResumeIn) if request._request.body else shapes.ResumeIn()
        version = suspending.resume(
            actor=self.actor, version_id=version_id, since=sent.since, now=self.now
        )
        return Response(shapes.version(version))


class AnnulView(_StepView):
    """A version is taken back."""

    scope = {"POST": RULES_WRITE}

    @schema(
        request=shapes.ReasonIn,
        response=shapes.VersionOut,
        summary="Annul a published version",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, version_id: UUID) -> Response:
        sent = body(request, shapes.ReasonIn)
        version = regulations.annul(
            actor=self.actor, version_id=version_id, reason=sent.reason, now=self.now
        )
        return Response(shapes.version(version))
