"""From bytes to typed events: one bad item never sinks its batch. Pure.

The common case is one C call for the whole batch. Only when that fails, or when the bytes show
something that our decoder reads more generously than the schema, each item is looked at alone,
so that every bad item is named with its index, pointers and codes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, get_type_hints

import msgspec
from msgspec import UNSET, Raw

from carriers import codes, conditions, plain
from carriers.messages import INTEGER_MEMBERS, MOST_SEQ, MOST_SKEW_MS, CarrierEvent
from carriers.plain import Plain
from kernel import words
from kernel.refusals import Reason, Refusal

MAX_ITEMS = 10_000
"""Items a batch may hold; issue: more would hold the write transaction too long."""


class Faults(list[Reason]):
    """The reasons against an item, with its event id when it says one."""

    event_id: str | None

    def __init__(self, reasons: Iterable[Reason], said: Any) -> None:
        super().__init__(reasons)
        is_id = isinstance(said, str) and _UUID.fullmatch(said) is not None
        self.event_id = said.lower() if is_id else None


Item = CarrierEvent | list[Reason]


class Items(Sequence[Item]):
    """The items of a batch: plain positions by columns, and by place all others."""

    def __init__(self, positions: Plain, others: Mapping[int, Item]) -> None:
        self.positions = positions
        self.others = others

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Items":
        """Return items that were judged before."""
        positions = plain.among(items)
        taken = set(positions.places)
        return cls(positions, {at: one for at, one in enumerate(items) if at not in taken})

    def __len__(self) -> int:
        return len(self.positions) + len(self.others)

    def __getitem__(self, place: Any) -> Any:
        """Return the item at a place, a plain position as a new event each time."""
        if place in self.others:
            return self.others[place]
        if place not in self.positions.rows:
            raise IndexError(place)
        return self.positions.event(self.positions.rows[place])

    def event_id(self, place: int) -> str | None:
        """Return the event id that an item says, in lower case; None when it says none."""
        if place not in self.others:
            return self.positions.lower_ids[self.positions.rows[place]]
        item = self.others[place]
        if isinstance(item, CarrierEvent):
            return item.event_id.lower()
        return item.event_id if isinstance(item, Faults) else None


_AT, _ETA = (
    re.compile(
        rb"%s(?!\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)\")" % member
    )
    for member in (rb'_at"\s*:\s*"', rb'eta"\s*:\s*"')
)
"""Instants that msgspec reads and RFC 3339 (5.6) does not: a blank for the T, an offset without
colon. Each begins with its literal, which is what makes a search fast."""
_ESCAPED = re.compile(rb"\\u00[0-7]")
"""Escapes of what needs none: U+0000, which PostgreSQL's text does not take, or a member's name in
disguise."""
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", flags=re.ASCII)
_ID_OR_REF = re.compile(rf"{_UUID.pattern}|ref:.{{1,64}}", flags=re.ASCII)

_EVENT = msgspec.json.Decoder(CarrierEvent)
_EVENTS = msgspec.json.Decoder(list[CarrierEvent])
_RAWS = msgspec.json.Decoder(list[Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_TYPES: dict[str, Any] = dict(get_type_hints(CarrierEvent, include_extras=True).items())
_REQUIRED = tuple(field.name for field in msgspec.structs.fields(CarrierEvent) if field.required)


def items(body: bytes, *, lines: bool = False) -> Items:
    """Return one event, or the reasons against it, per item of a batch, in order.

    `body` is a list, `{"events": [...]}` or one event; with `lines` it is NDJSON. Raises Refusal
    `request.not_json` never: a body that is no JSON raises `msgspec.DecodeError`, which the door
    answers with 400; `events.not_a_batch` and `events.too_many` where the whole is no batch.
    """
    if not lines and body.lstrip()[:1] == b"[":
        positions = plain.read(body)
        if positions is not None and _are_sound(positions) and not _is_generous(body):
            _refuse_too_many(len(positions))
            return Items(positions, {})
        events = None if _is_generous(body, _AT, _ETA) else _all_at_once(body)
        if events is not None:
            _refuse_too_many(len(events))
            return Items.of([_judged(event) for event in events])
    raws: Sequence[Raw | bytes]
    raws = [line for line in body.splitlines() if line.strip()] if lines else _raws(body)
    _refuse_too_many(len(raws))
    if not _is_generous(body, _AT, _ETA):
        events = _one_by_one(raws)
        if events is not None:
            return Items.of([_judged(event) for event in events])
    return Items.of([_item(bytes(raw)) for raw in raws])


def _refuse_too_many(count: int) -> None:
    if count > MAX_ITEMS:
        raise Refusal(
            codes.BATCH_TOO_LARGE, f"{count} items; send at most {MAX_ITEMS}.", limit=MAX_ITEMS
        )


def _is_generous(body: bytes, *members: re.Pattern[bytes]) -> bool:
    """Return whether the bytes show something that our decoder reads and the schema does not, in
    a name or in one of the members."""
    return any(pattern.search(body) is not None for pattern in (_ESCAPED, *members))


def _raws(body: bytes) -> list[Raw]:
    start = body.lstrip()[:1]
    if start == b"[":
        return _RAWS.decode(body)
    if start == b"{":
        members = _MEMBERS.decode(body)
        if "events" not in members or "event_id" in members:
            return [Raw(body)]
        inner = bytes(members["events"])
        if inner.lstrip()[:1] == b"[":
            return _RAWS.decode(inner)
    msgspec.json.decode(body)  # no JSON is worse than the wrong JSON
    raise Refusal(codes.BATCH_SHAPE, "Send one event, a list of events or {events: [...]}.")


def _all_at_once(body: bytes) -> list[CarrierEvent] | None:
    """Return all events of a list if none has a fault of shape, else None."""
    try:
        return _EVENTS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _one_by_one(raws: Sequence[Raw | bytes]) -> list[CarrierEvent] | None:
    """Return the event of each text if none has a fault of shape, else None."""
    try:
        return [_EVENT.decode(raw) for raw in raws]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _are_sound(positions: Plain) -> bool:
    """Return whether positions have sound ids and names, all that can be wrong with them yet."""
    try:
        _ = positions.packed_ids
    except ValueError:
        return False
    names = positions.vehicle_names.union(positions.carriers, positions.trip_names)
    return all(map(_is_name, names))


@lru_cache(maxsize=65_536)
def _is_name(text: str) -> bool:
    """Return whether a text is a UUID or a `ref:`; the same few come again and again."""
    return _ID_OR_REF.fullmatch(text) is not None


def _judged(event: CarrierEvent) -> Item:
    reasons = [*_bad_ids(event), *conditions.broken(event), *_too_large(event)]
    return Faults(reasons, event.event_id) if reasons else event


def _item(raw: bytes) -> Item:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Reason(codes.MALFORMED, str(error))]
    if not isinstance(value, dict):
        return [Reason(codes.MALFORMED, "An event is a JSON object.")]
    value = _integers(value)
    reasons = list(_bad_shape(value))
    if reasons:
        return Faults(reasons, value.get("event_id"))
    return _judged(msgspec.convert(value, CarrierEvent))


def _integers(value: dict[str, Any]) -> dict[str, Any]:
    """Return the event with 3.0 as 3 where the schema says integer."""
    for group, names in INTEGER_MEMBERS.items():
        members = value.get(group) if group else value
        if isinstance(members, dict):
            for name in names & members.keys():
                number = members[name]
                if isinstance(number, float) and number.is_integer():
                    members[name] = int(number)
    return value


def _bad_shape(value: dict[str, Any]) -> Iterator[Reason]:
    for name in _REQUIRED:
        if name not in value:
            yield Reason(codes.MISSING, f"Every event needs /{name}.", pointer=f"/{name}")
    for name, member in value.items():
        if name not in _TYPES:
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            yield Reason(codes.UNKNOWN_MEMBER, f"There is no member {name!r}.", pointer=pointer)
            continue
        try:
            msgspec.convert(member, _TYPES[name])
        except msgspec.ValidationError as error:
            yield _reason(name, str(error))
    yield from _bad_texts(value, "")


def _reason(name: str, message: str) -> Reason:
    """Return the reason behind msgspec's message, its path turned into a JSON pointer."""
    text, _, path = message.partition(" - at `$")
    pointer = f"/{name}" + re.sub(r"[.\[]", "/", path.rstrip("`").replace("]", ""))
    code = codes.INVALID
    if "unknown field" in text:
        code, pointer = codes.UNKNOWN_MEMBER, f"{pointer}/{text.split('`')[1]}"
    elif "missing required field" in text:
        code, pointer = codes.MISSING, f"{pointer}/{text.split('`')[1]}"
    steps = pointer.split("/")[2:]
    return Reason(code, words.with_allowed(text, _TYPES[name], steps) + ".", pointer=pointer)


_INSTANTS = {"/occurred_at", "/eta", "/clock/captured_at", "/clock/sent_at"}


def _bad_texts(value: Any, pointer: str) -> Iterator[Reason]:
    if isinstance(value, str):
        if "\x00" in value:
            yield Reason(codes.NULL_CHARACTER, "U+0000 cannot be stored.", pointer=pointer)
        if pointer in _INSTANTS and not _INSTANT.fullmatch(value):
            detail = "Times are RFC 3339 with T and an offset, as 2026-11-22T10:00:00+02:00."
            yield Reason(codes.INVALID, detail, pointer=pointer)
    elif isinstance(value, dict):
        for name, member in value.items():
            if "\x00" in name:
                yield Reason(codes.NULL_CHARACTER, "U+0000 cannot be stored.", pointer=pointer)
            yield from _bad_texts(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _bad_texts(member, f"{pointer}/{index}")


def _bad_ids(event: CarrierEvent) -> Iterator[Reason]:
    if not _UUID.fullmatch(event.event_id):
        yield Reason(codes.INVALID, "An event id is a UUID.", pointer="/event_id")
    if not _ID_OR_REF.fullmatch(event.carrier_id):
        yield _bad_ref("/carrier_id")
    if event.vehicle is not UNSET and not _ID_OR_REF.fullmatch(event.vehicle.vehicle_id):
        yield _bad_ref("/vehicle/vehicle_id")
    for name in ("trip_id", "stop_id", "facility_id"):
        value = getattr(event, name)
        if value is not UNSET and not _ID_OR_REF.fullmatch(value):
            yield _bad_ref(f"/{name}")
    if event.voids is not UNSET:
        if not _UUID.fullmatch(event.voids.event_id):
            yield Reason(codes.INVALID, "An event id is a UUID.", pointer="/voids/event_id")
        elif event.voids.event_id.lower() == event.event_id.lower():
            detail = "An event cannot void itself."
            yield Reason(codes.INVALID, detail, pointer="/voids/event_id")
        for index, replaced in enumerate(event.voids.replaced_by or ()):
            if not _UUID.fullmatch(replaced):
                pointer = f"/voids/replaced_by/{index}"
                yield Reason(codes.INVALID, "An event id is a UUID.", pointer=pointer)


def _bad_ref(pointer: str) -> Reason:
    return Reason(codes.INVALID, "Give a UUID or ref:<1 to 64 characters>.", pointer=pointer)


def _too_large(event: CarrierEvent) -> Iterator[Reason]:
    if event.clock is not UNSET:
        if event.clock.seq is not UNSET and event.clock.seq > MOST_SEQ:
            yield Reason(codes.OUT_OF_RANGE, "At most 2^63 − 1.", pointer="/clock/seq")
        if event.clock.skew_ms is not UNSET and abs(event.clock.skew_ms) > MOST_SKEW_MS:
            yield Reason(codes.OUT_OF_RANGE, "At most three years.", pointer="/clock/skew_ms")
    if event.stop_seq is not UNSET and event.stop_seq > 2**31 - 1:
        yield Reason(codes.OUT_OF_RANGE, "At most 2^31 − 1.", pointer="/stop_seq")
