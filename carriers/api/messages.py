"""What the doors of other dialects share: bodies, senders, reports and problems."""

from typing import Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, Raw

from accounts import scopes
from accounts.models import Organisation
from carriers import codes
from carriers.api import bodies
from carriers.services.answers import MessageResult
from carriers.services.dialects import Message
from carriers.services.owners import Senders, owner
from foundation.api.decoding import is_json
from kernel.refusals import REGISTRY, Reason, Refusal


def listed(request: Any, kind: str) -> list[Message]:
    """Return the messages of a body that is a list (or NDJSON).

    Raises a Refusal: 400 when it is no JSON, 422 when it is no list, or an empty one.
    """
    body, lines = bodies.events(request)
    if lines:
        raws = [line for line in body.splitlines() if line.strip()]
    elif body.lstrip()[:1] == b"[":
        raws = [bytes(raw) for raw in decoded(body, list[Raw])]
    else:
        decoded(body, Any)
        raise Refusal(codes.DOCUMENT_SHAPE, _("Send a list."))
    if not raws:
        raise Refusal(codes.DOCUMENT_SHAPE, _("The list is empty."))
    return [Message(kind, raw) for raw in raws]


def decoded(body: bytes, kind: Any) -> Any:
    """Return JSON as a type. Raises a Refusal (400) when it is no JSON."""
    with is_json():
        return msgspec.json.decode(body, type=kind)


def sender_of(view: Any) -> Organisation:
    """Return for whom the client speaks: its own organisation, or the one that `?carrier_id=`
    names (a UUID or ref:<code>) and that gave it a mandate. Raises a Refusal (404)."""
    scope = view.needed_scope or scopes.EVENTS_WRITE
    text = view.request.GET.get("carrier_id")
    if not text:
        wanted: Any = UNSET
    else:
        found = Senders(view.actor, scope).named(text)
        if found is None:
            raise Refusal(
                codes.ORGANISATION_NOT_FOUND,
                "You do not belong to this organisation and hold no mandate of it for this.",
                parameter="carrier_id",
            )
        wanted = found.id
    return owner(
        actor=view.actor,
        wanted=wanted,
        scope=scope,
        now=view.now,
        action="dialect.sent_by_mandate",
    )


def refusal_of(result: MessageResult) -> Refusal:
    """Return the problem that a single message was answered with."""
    told = result.errors or (result,)
    return Refusal.of(
        [
            Reason(REGISTRY[one.code], one.detail, one.pointer, {"native_id": result.native_id})
            for one in told
        ]
    )
