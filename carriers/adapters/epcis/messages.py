"""The events of EPCIS 2.0 in JSON: shape and vocabulary.

Source: gs1/EPCIS (2b888be), EPCIS-JSON-Schema.json; CBV 2.0 for the words. Members under a name
that is a URI (`example:myField`) are extensions: allowed, kept, not read.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from carriers import codes
from carriers.adapters import reading
from carriers.adapters.epcis import sensors
from carriers.adapters.epcis.sensors import SensorElement
from carriers.adapters.reading import Moment, Uri
from kernel.refusals import Reason

BIZ_STEPS = frozenset((
    "accepting", "arriving", "assembling", "collecting", "commissioning", "consigning",
    "creating_class_instance", "cycle_counting", "decommissioning", "departing", "destroying",
    "disassembling", "dispensing", "encoding", "entering_exiting", "holding", "inspecting",
    "installing", "killing", "loading", "other", "packing", "picking", "receiving", "removing",
    "repackaging", "repairing", "replacing", "reserving", "retail_selling", "shipping",
    "staging_outbound", "stock_taking", "stocking", "storing", "transporting", "unloading",
    "unpacking", "void_shipping", "sensor_reporting", "sampling",
))  # fmt: skip
DISPOSITIONS = frozenset((
    "active", "container_closed", "damaged", "destroyed", "dispensed", "disposed", "encoded",
    "expired", "in_progress", "in_transit", "inactive", "no_pedigree_match",
    "non_sellable_other", "partially_dispensed", "recalled", "reserved", "retail_sold",
    "returned", "sellable_accessible", "sellable_not_accessible", "stolen", "unknown",
    "available", "completeness_verified", "completeness_inferred", "conformant",
    "container_open", "mismatch_instance", "mismatch_class", "mismatch_quantity",
    "needs_replacement", "non_conformant", "unavailable",
))  # fmt: skip
ERROR_REASONS = frozenset({"did_not_occur", "incorrect_data"})
TRANSACTION_TYPES = frozenset((
    "bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma",
    "testprd", "testres", "upevt",
))  # fmt: skip
PARTY_TYPES = frozenset({"owning_party", "possessing_party", "location"})
_GS1_OWN = re.compile(r"urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/")
"""URIs of the CBV itself are written as bare words in JSON (EPCIS 2.0, section 10)."""

Offset = Annotated[str, Meta(pattern=r"^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$")]


class Place(Struct):
    """readPoint or bizLocation."""

    id: Uri


class Transaction(Struct, forbid_unknown_fields=True):
    """An entry of bizTransactionList."""

    bizTransaction: Uri
    type: str | UnsetType = UNSET


class Quantity(Struct, forbid_unknown_fields=True):
    """An entry of quantityList."""

    epcClass: Uri
    quantity: float | UnsetType = UNSET
    uom: Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,3}$")] | UnsetType = UNSET


class Persistent(Struct, forbid_unknown_fields=True):
    """persistentDisposition"""

    set: Annotated[list[str], Meta(min_length=1)] | UnsetType = UNSET
    unset: Annotated[list[str], Meta(min_length=1)] | UnsetType = UNSET


class ErrorDeclaration(Struct):
    """That the event with this id did not happen as told."""

    declarationTime: Moment
    reason: str | UnsetType = UNSET
    correctiveEventIDs: list[Uri] | UnsetType = UNSET


class Source(Struct, forbid_unknown_fields=True):
    """An entry of sourceList."""

    type: str
    source: Uri


class Destination(Struct, forbid_unknown_fields=True):
    """An entry of destinationList."""

    type: str
    destination: Uri


class Event(Struct, kw_only=True):
    """What every event has (section 7.4.1)."""

    type: str
    eventTime: Moment
    eventTimeZoneOffset: Offset
    context: Any = field(name="@context", default=UNSET)
    eventID: Uri | UnsetType = UNSET
    recordTime: Moment | UnsetType = UNSET
    certificationInfo: Any = UNSET
    errorDeclaration: ErrorDeclaration | UnsetType = UNSET


class _Seen(Event, kw_only=True):
    bizStep: str | UnsetType = UNSET
    disposition: str | UnsetType = UNSET
    readPoint: Place | UnsetType = UNSET
    bizLocation: Place | UnsetType = UNSET
    bizTransactionList: list[Transaction] | UnsetType = UNSET
    sourceList: list[Source] | UnsetType = UNSET
    destinationList: list[Destination] | UnsetType = UNSET
    sensorElementList: list[SensorElement] | UnsetType = UNSET


Action = Literal["OBSERVE", "ADD", "DELETE"]


class ObjectEvent(_Seen, kw_only=True):
    """Objects were seen (7.4.2)."""

    action: Action
    epcList: list[Uri] | UnsetType = UNSET
    quantityList: list[Quantity] | UnsetType = UNSET
    persistentDisposition: Persistent | UnsetType = UNSET
    ilmd: Any = UNSET


class AggregationEvent(_Seen, kw_only=True):
    """Objects were put into or taken out of another (7.4.3)."""

    action: Action
    parentID: Uri | UnsetType = UNSET
    childEPCs: list[Uri] | UnsetType = UNSET
    childQuantityList: list[Quantity] | UnsetType = UNSET


class AssociationEvent(AggregationEvent, kw_only=True):
    """Assets were attached to another or to a place (7.4.6)."""

    parentID: Uri


class TransactionEvent(_Seen, kw_only=True):
    """Objects became part of business transactions (7.4.4)."""

    action: Action
    bizTransactionList: Annotated[list[Transaction], Meta(min_length=1)]
    parentID: Uri | UnsetType = UNSET
    epcList: list[Uri] | UnsetType = UNSET
    quantityList: list[Quantity] | UnsetType = UNSET


class TransformationEvent(_Seen, kw_only=True):
    """Inputs became outputs (7.4.5): kept, no event of ours says it."""

    inputEPCList: list[Uri] | UnsetType = UNSET
    inputQuantityList: list[Quantity] | UnsetType = UNSET
    outputEPCList: list[Uri] | UnsetType = UNSET
    outputQuantityList: list[Quantity] | UnsetType = UNSET
    transformationID: Uri | UnsetType = UNSET
    persistentDisposition: Persistent | UnsetType = UNSET
    ilmd: Any = UNSET


KINDS: dict[str, type[Event]] = {
    "ObjectEvent": ObjectEvent,
    "AggregationEvent": AggregationEvent,
    "AssociationEvent": AssociationEvent,
    "TransactionEvent": TransactionEvent,
    "TransformationEvent": TransformationEvent,
}
_TYPED = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read(raw: bytes) -> Event | list[Reason]:
    """Return an event as a struct, or every reason against it, by the published schema.

    An event of another type is an extension when its type is a URI.
    """
    try:
        members = _TYPED.decode(raw)
        name = msgspec.json.decode(members["type"], type=str)
    except KeyError:
        return [Reason(codes.MISSING, "The event needs /type.", pointer="/type")]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [Reason(codes.MALFORMED, "An EPCIS event is a JSON object with a type.")]
    kind = KINDS.get(name)
    if kind is None and not reading.is_uri(name):
        detail = f"{name[:40]!r} is no type of EPCIS 2.0 and no URI."
        return [Reason(codes.INVALID, detail, pointer="/type")]
    event = reading.read(raw, kind or Event)
    reasons = [] if kind is None else list(_strange_names(members, kind))
    if isinstance(event, Event):
        reasons += _odd_words(event)
        reasons += _incomplete(event)
        if isinstance(event, _Seen) and event.sensorElementList:
            reasons += sensors.faults(event.sensorElementList, members["sensorElementList"])
        return reasons or event
    return event + reasons


def _strange_names(members: dict[str, Any], kind: type[Event]) -> Iterator[Reason]:
    known = {one.encode_name for one in msgspec.structs.fields(kind)}
    for name in members:
        if name not in known and not reading.is_uri(name):
            detail = f"{kind.__name__} has no member {name[:40]!r}; extensions have URIs as names."
            pointer = f"/{reading.token(name)}"
            yield Reason(codes.UNKNOWN_MEMBER, detail, pointer=pointer)


def _odd_words(event: Event) -> Iterator[Reason]:
    if event.errorDeclaration is not UNSET:
        yield from _odd(event.errorDeclaration.reason, ERROR_REASONS, "/errorDeclaration/reason")
    if not isinstance(event, _Seen):
        return
    yield from _odd(event.bizStep, BIZ_STEPS, "/bizStep")
    yield from _odd(event.disposition, DISPOSITIONS, "/disposition")
    for place, one in enumerate(event.bizTransactionList or ()):
        yield from _odd(one.type, TRANSACTION_TYPES, f"/bizTransactionList/{place}/type")
    for name in ("sourceList", "destinationList"):
        for place, party in enumerate(getattr(event, name) or ()):
            yield from _odd(party.type, PARTY_TYPES, f"/{name}/{place}/type")
    persistent = getattr(event, "persistentDisposition", UNSET)
    if persistent is not UNSET:
        for name in ("set", "unset"):
            for place, word in enumerate(getattr(persistent, name) or ()):
                yield from _odd(word, DISPOSITIONS, f"/persistentDisposition/{name}/{place}")


def _odd(word: Any, known: frozenset[str], pointer: str) -> Iterator[Reason]:
    """Yield a reason against a word that is neither of the CBV nor a URI of somebody else."""
    if word is UNSET or word in known:
        return
    if not reading.is_uri(word) or _GS1_OWN.match(word):
        detail = f"{word[:60]!r} is no word of CBV 2.0 and no URI of your own."
        yield Reason(codes.INVALID, detail, pointer=pointer)


def _incomplete(event: Event) -> Iterator[Reason]:
    """Yield what an event lacks by the `anyOf` of its definition in the schema."""
    if isinstance(event, TransformationEvent):
        ends = (bool(event.inputEPCList or event.inputQuantityList),
                bool(event.outputEPCList or event.outputQuantityList))  # fmt: skip
        if not (all(ends) or (any(ends) and event.transformationID is not UNSET)):
            yield _lacks("inputEPCList", "inputs and outputs, or one and a transformationID")
    elif isinstance(event, AggregationEvent):
        if not (event.childEPCs or event.childQuantityList or event.action == "DELETE"):
            yield _lacks("childEPCs", "childEPCs or a childQuantityList")
    elif isinstance(event, TransactionEvent):
        if event.epcList is UNSET and not event.quantityList and event.action != "DELETE":
            yield _lacks("epcList", "an epcList or a quantityList")
    elif isinstance(event, ObjectEvent):
        sensed = event.sensorElementList and event.readPoint is not UNSET
        if event.epcList is UNSET and not event.quantityList and not sensed:
            yield _lacks("epcList", "an epcList, a quantityList, or sensor data with a readPoint")
    if isinstance(event, ObjectEvent | TransformationEvent):
        persistent = event.persistentDisposition
        if persistent is not UNSET and persistent.set is UNSET and persistent.unset is UNSET:
            yield _lacks("persistentDisposition/set", "set or unset")


def _lacks(name: str, wanted: str) -> Reason:
    return Reason(codes.MISSING, f"The event needs {wanted}.", pointer=f"/{name}")
