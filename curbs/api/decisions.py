"""POST /api/v1/decisions: may this vehicle do this, here, then, and what would help?"""

from typing import Any

import msgspec
from django.utils.translation import gettext as _
from rest_framework.response import Response

from curbs import answers, codes, remedies
from curbs.answers import Answer, Asked
from curbs.api import decision_shapes as shapes
from curbs.api.bookings import vehicle_id
from curbs.evaluator import AtCurb, AtPoint, InZone, Place
from curbs.models import CurbZone
from foundation.api.bodies import raw_body
from foundation.api.decoding import decode
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel.identifiers import normalise_plate
from kernel.periods import Period
from kernel.refusals import Reason, Refusal

TAGS = ["decisions"]


class DecisionsView(HubView):
    """One question, or `{"questions": [...]}`: public for facts, with a client for vehicles."""

    scope = None
    rows = CurbZone.objects

    @schema(
        request=shapes.QuestionIn,
        response=shapes.DecisionOut,
        refusals=(422,),
        summary="Ask for a decision, or for up to 1,000",
        tags=TAGS,
    )
    def post(self, request: Any) -> Response:
        raw = raw_body(request)
        if decode(raw, shapes.Peek).questions is not msgspec.UNSET:
            return self._many(decode(raw, shapes.QuestionsIn).questions)
        question = self._read(raw, helped=True)
        (found,) = answers.answer(
            actor=self.actor, questions=[question], now=self.now, look_ahead=True
        )
        if not isinstance(found, Answer):
            raise Refusal.of(found)
        return Response(self._decision(question, found))

    def _many(self, given: list[msgspec.Raw]) -> Response:
        if len(given) > shapes.MOST_IN_PUBLIC and not self.actor.may(answers.SCOPE):
            most = shapes.MOST_IN_PUBLIC
            detail = _("More than %(most)s questions need a client with the scope decisions:read.")
            detail %= {"most": most}
            raise Refusal(codes.NOT_PUBLIC, detail, pointer="/questions", scope=answers.SCOPE)
        read = [self._read_or_refused(bytes(one)) for one in given]
        sound = [one for one in read if isinstance(one, Asked)]
        found = answers.answer(actor=self.actor, questions=sound, now=self.now) if sound else []
        answered = iter(zip(sound, found, strict=True))
        items = [
            self._item(*next(answered)) if isinstance(one, Asked) else _errors(one) for one in read
        ]
        return Response({"decisions": items})

    def _read_or_refused(self, raw: bytes) -> Asked | tuple[Reason, ...]:
        try:
            return self._read(raw)
        except Refusal as refused:
            return refused.reasons

    def _read(self, raw: bytes, *, helped: bool = False) -> Asked:
        """Return the question as it is answered. Raises Refusal with all that is wrong with it."""
        given = decode(raw, shapes.QuestionIn)
        reasons = [*self._against_vehicle(given), *against_shape(given)]
        if reasons:
            raise Refusal.of(reasons)
        return Asked(
            place=place_of(given),
            path=tuple((fix.at, fix.lng, fix.lat) for fix in given.path) if given.path else None,
            at=given.at,
            period=Period(given.period.from_, given.period.until) if given.period else None,
            vehicle_id=self._vehicle_id(given),
            facts=given.facts.facts() if given.facts else None,
            plate=normalise_plate(given.plate or ""),
            known_at=given.known_at,
            remedies=helped if given.remedies is None else given.remedies,
        )

    def _against_vehicle(self, given: shapes.QuestionIn) -> list[Reason]:
        if (given.vehicle_id is None) == (given.facts is None):
            detail = _("Give either vehicle_id or facts.")
            return [Reason(codes.VEHICLE_MISSING, detail)]
        if (given.vehicle_id or given.plate) and not self.actor.may(answers.SCOPE):
            detail = _("Vehicles and plates need a client with the scope decisions:read.")
            where = "/vehicle_id" if given.vehicle_id else "/plate"
            return [Reason(codes.NOT_PUBLIC, detail, where, {"scope": answers.SCOPE})]
        return []

    def _vehicle_id(self, given: shapes.QuestionIn) -> Any:
        if given.vehicle_id is None:
            return None
        return vehicle_id(self.actor, given.vehicle_id, "/vehicle_id")

    def _item(self, asked: Asked, found: Answer | tuple[Reason, ...]) -> dict[str, Any]:
        if isinstance(found, Answer):
            return self._decision(asked, found)
        return _errors(found)

    def _decision(self, asked: Asked, found: Answer) -> dict[str, Any]:
        out = {
            "at": found.at.isoformat(),
            "known_at": (asked.known_at or self.now).isoformat(),
            **shapes.verdict(found.verdict),
            "charges": [{"amount": m.amount, "currency": m.currency} for m in found.charges],
        }
        if asked.remedies:
            out["remedies"] = [remedies.as_json(together) for together in found.remedies]
        if found.next_change_at is not None:
            out["next_change_at"] = found.next_change_at.isoformat()
        if found.pieces:
            out["intervals"] = [shapes.piece(*piece) for piece in found.pieces]
        if asked.path is not None:
            out["crossings"] = [shapes.crossing(crossing) for crossing in found.crossings]
        if found.curb is not None:
            out["curb"] = shapes.curb(found.curb, found.at, asked.known_at)
        return out


def _errors(reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """Return a question that has no answer; pointers are into the question."""
    return {
        "errors": [
            {"code": str(r.code), "detail": r.detail, "pointer": r.pointer, **r.facts}
            for r in reasons
        ]
    }


def place_of(given: shapes.QuestionIn) -> Place | None:
    """Return the place of a question that names exactly one; None for a path."""
    if given.place is not None:
        return AtPoint(given.place.lng, given.place.lat, given.activity != "travel")
    if given.zone_id is not None:
        return InZone(given.zone_id)
    return AtCurb(given.curb_zone_id) if given.curb_zone_id is not None else None


def against_shape(given: shapes.QuestionIn) -> list[Reason]:
    """Return what is wrong with a question's place and time."""
    reasons = []
    places = [given.place, given.path, given.zone_id, given.curb_zone_id]
    if sum(place is not None for place in places) != 1:
        detail = _("Give exactly one of place, path, zone_id and curb_zone_id.")
        reasons.append(Reason(codes.PLACE_MISSING, detail))
    if given.at is not None and given.period is not None:
        reasons.append(Reason(codes.TIME_AMBIGUOUS, _("Give either at or period.")))
    reasons += [
        Reason(codes.TIME_AMBIGUOUS, _("A path has the times of its points."), f"/{name}")
        for name, time in (("at", given.at), ("period", given.period))
        if given.path is not None and time is not None
    ]
    if given.period is not None:
        length = given.period.until - given.period.from_
        if not length or length < length * 0:
            detail = _("The period ends before it starts.")
            reasons.append(Reason(codes.PERIOD_INVALID, detail, "/period/until"))
        elif length.days > 31:
            detail = _("At most 31 days at once.")
            reasons.append(Reason(codes.PERIOD_TOO_LONG, detail, "/period/until"))
    path = given.path or []
    if any(path[i].at > path[i + 1].at for i in range(len(path) - 1)):
        reasons.append(Reason(codes.PATH_INVALID, _("A path runs forward in time."), "/path"))
    return reasons
