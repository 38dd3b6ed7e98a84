"""Documents of EPCIS: from a body to its events, each as it was sent."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, field

from carriers import codes
from carriers.adapters import reading
from carriers.adapters.reading import Moment
from kernel.refusals import Reason, Refusal

Version = Annotated[str, Meta(pattern=r"^\d+(\.\d+)*$")]


class _Body(Struct):
    eventList: list[Raw]


class _Results(Struct):
    queryName: str
    resultsBody: _Body


class _QueryBody(Struct):
    queryResults: _Results


class Document(Struct, kw_only=True):
    """An EPCISDocument: what a capture client sends."""

    type: Literal["EPCISDocument"]
    context: Any = field(name="@context")
    schemaVersion: Version
    creationDate: Moment
    epcisBody: _Body
    id: str | msgspec.UnsetType = UNSET
    instanceIdentifier: str | msgspec.UnsetType = UNSET
    sender: str | msgspec.UnsetType = UNSET
    receiver: str | msgspec.UnsetType = UNSET
    epcisHeader: Any = UNSET


class QueryDocument(Struct, kw_only=True):
    """An EPCISQueryDocument: what another repository answered; its events are taken alike."""

    type: Literal["EPCISQueryDocument"]
    context: Any = field(name="@context")
    epcisBody: _QueryBody
    id: str | msgspec.UnsetType = UNSET
    schemaVersion: Version | msgspec.UnsetType = UNSET
    creationDate: Moment | msgspec.UnsetType = UNSET


def events(body: bytes) -> tuple[list[bytes], str]:
    """Return the events of a body and the JSON pointer of their list.

    `body` is an EPCISDocument, an EPCISQueryDocument, a list of events or one event with its
    `@context`. Raises `msgspec.DecodeError` when it is no JSON, a Refusal when it is neither.
    """
    start = body.lstrip()[:1]
    if start == b"[":
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[Raw])], ""
    if start != b"{":
        msgspec.json.decode(body)
        raise Refusal(codes.DOCUMENT_SHAPE, "Send an EPCISDocument or a list of events.")
    members = msgspec.json.decode(body, type=dict[str, Raw])
    named = _name(members.get("type"))
    if named == "EPCISDocument":
        document = _read(body, Document, members)
        return [bytes(raw) for raw in document.epcisBody.eventList], "/epcisBody/eventList"
    if named == "EPCISQueryDocument":
        answer = _read(body, QueryDocument, members)
        found = answer.epcisBody.queryResults.resultsBody.eventList
        return [bytes(raw) for raw in found], "/epcisBody/queryResults/resultsBody/eventList"
    if named is None or "@context" not in members:
        missing = "type" if named is None else "@context"
        detail = "An event by itself says its type and its @context."
        raise Refusal(codes.MISSING, detail, pointer=f"/{missing}")
    return [body], ""


def _name(raw: Raw | None) -> str | None:
    if raw is None:
        return None
    found = msgspec.json.decode(raw)
    return found if isinstance(found, str) else None


def _read[T: Struct](body: bytes, kind: type[T], members: dict[str, Raw]) -> T:
    known = {one.encode_name for one in msgspec.structs.fields(kind)}
    reasons = [
        Reason(
            codes.UNKNOWN_MEMBER,
            f"A document has no member {name[:40]!r}; extensions have URIs as names.",
            pointer=f"/{reading.token(name)}",
        )
        for name in members
        if name not in known and not reading.is_uri(name)
    ]
    document = reading.read(body, kind)
    if isinstance(document, list):
        reasons = document + reasons
    if reasons:
        raise Refusal.of(reasons)
    assert not isinstance(document, list)
    return document
