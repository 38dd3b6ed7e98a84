"""From the bytes of a file to its messages, each with its place in the file. Pure."""

from codecs import BOM_UTF8
from typing import NamedTuple

import msgspec
from msgspec import Raw

from carriers import codes, decoding, gzipped
from carriers.adapters.epcis import documents
from carriers.adapters.mds import translate as mds
from carriers.adapters.mds.messages import KINDS as MDS_KINDS
from carriers.adapters.otm import translate as otm
from carriers.adapters.otm.messages import KINDS as OTM_KINDS
from kernel.refusals import Refusal

FORMATS = ("cityhub", "mds", "otm", "epcis")
_GZIP = b"\x1f\x8b"
_LINES = (".ndjson", ".jsonl")
_BLANKS = bytes.maketrans(b"\r\n", b"  ")


class Piece(NamedTuple):
    """One message of a file: what it is, its text, and its JSON pointer in the file (of a line:
    in the line)."""

    kind: str
    raw: bytes
    pointer: str


def pieces(name: str, content: bytes, form: str) -> list[Piece]:
    """Return the messages of a file in a format, in their order.

    `name` decides between JSON and NDJSON (`.ndjson`, `.jsonl`, also with `.gz`); a JSON file
    that holds an object per line is read as lines too. Raises a Refusal when the whole file
    cannot be read; a bad message does not spoil the file.
    """
    body = _unpacked(content).removeprefix(BOM_UTF8)
    plain = name.lower().removesuffix(".gz")
    lines = [line for line in body.splitlines() if line.strip()]
    if not lines:
        raise Refusal(codes.DOCUMENT_SHAPE, "The file is empty.")
    if plain.endswith(_LINES) or (_is_json(lines[0]) and not _is_json(body)):
        return [piece for line in lines for piece in _of_line(line, form)]
    try:
        return _of_json(body, form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(codes.MALFORMED, f"The file is no JSON: {error}.") from None


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        return gzipped.unpacked(content)
    except gzipped.BadGzip as fault:
        raise Refusal(codes.MALFORMED, str(fault)) from None


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _of_line(line: bytes, form: str) -> list[Piece]:
    """Return what a line holds: one message, or the events of an EPCIS document."""
    if form == "epcis" and b"EPCIS" in line:
        try:
            found, base = documents.events(line)
            return [Piece("events", raw, f"{base}/{at}") for at, raw in enumerate(found)]
        except (Refusal, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # as one message, whose fault is then named
    return [Piece(kind_of(form, line), line, "")]


def _of_json(body: bytes, form: str) -> list[Piece]:
    if form == "epcis":
        found, base = documents.events(body)
        alone = base == "" and body.lstrip()[:1] == b"{"
        return [
            Piece("events", raw, "" if alone else f"{base}/{at}") for at, raw in enumerate(found)
        ]
    if body.lstrip()[:1] == b"[":
        raws = msgspec.json.decode(body, type=list[Raw])
        return [
            Piece(kind_of(form, bytes(raw)), bytes(raw), f"/{at}") for at, raw in enumerate(raws)
        ]
    if body.lstrip()[:1] != b"{":
        msgspec.json.decode(body)
        raise Refusal(codes.DOCUMENT_SHAPE, "A file holds a message or a list of messages.")
    members = msgspec.json.decode(body, type=dict[str, Raw])
    named = [kind for kind in _LISTS[form] if bytes(members.get(kind, Raw())).lstrip()[:1] == b"["]
    alone = "event_id" in members if form == "cityhub" else bool(kind_of(form, body))
    if named and not alone:
        return [
            Piece(kind, bytes(raw), f"/{kind}/{at}")
            for kind in named
            for at, raw in enumerate(msgspec.json.decode(members[kind], type=list[Raw]))
        ]
    return [Piece(kind_of(form, body), body, "")]


_LISTS: dict[str, tuple[str, ...]] = {
    "cityhub": ("events",),
    "mds": tuple(MDS_KINDS),
    "otm": tuple(OTM_KINDS),
    "epcis": (),
}


def kind_of(form: str, raw: bytes) -> str:
    """Return what a message is, by its members; '' when it is none of the format's."""
    if form == "mds":
        return mds.kind_of(raw)
    if form == "otm":
        return otm.kind_of(raw)
    return "events"


def canonical(some: list[Piece]) -> decoding.Items:
    """Return the canonical events of pieces of our own format, or the reasons against each."""
    one_line = (piece.raw.translate(_BLANKS) for piece in some)
    return decoding.items(b"\n".join(one_line), lines=True)
