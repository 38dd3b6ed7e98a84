"""Access tags of a way as rows: the more a key says of a vehicle, the higher its priority.

`access` is overruled by `vehicle`, that by `motor_vehicle`, that by `hgv` and its like; the
conditional form of a key overrules the plain one, a later clause an earlier one. Limits of size
and weight are overruled by nothing. Source: “Key:access” and “Conditional restrictions” of the
OpenStreetMap wiki.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import conditional, rows
from zones.exchange.conditional import Clause
from zones.exchange.drafts import Note
from zones.language import What, When, Who

_BICYCLES = Who(category=("bicycle", "cargo_bicycle"))
KEYS: dict[str, tuple[int, Who]] = {
    "access": (0, Who()),
    "vehicle": (10, Who()),
    "bicycle": (20, _BICYCLES),
    "motor_vehicle": (20, Who(not_=_BICYCLES)),
    "motorcar": (30, Who(category=("M1",))),
    "goods": (30, Who(category=("N1",))),
    "hgv": (30, Who(category=("N2", "N3"))),
    "bus": (30, Who(category=("M2", "M3"))),
    "motorcycle": (30, Who(category=("L3e", "L4e"))),
    "moped": (30, Who(category=("L1e", "L2e"))),
}
LIMITS = ("maxweight", "maxweightrating", "maxlength", "maxwidth", "maxheight")
_ABOVE_ALL = 100
_BANNED = frozenset({"no", "private", "use_sidepath"})
_TO_HERE = frozenset({"destination", "delivery", "customers"})
_ADMITTED = _TO_HERE | {"yes", "designated", "permissive", "official"}
_NO_MOTORS = frozenset({"pedestrian", "footway", "cycleway", "path", "bridleway", "steps"})
_NOT_ACCESS = re.compile(r"(maxspeed|overtaking|parking|oneway|lanes|turn|foot|restriction)\b.*")
_METRES = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(m|t)?")
ALLOW = What(effect="allow")


@dataclass(slots=True)
class _Row:
    key: str
    priority: int
    bans: bool
    who: Who
    when: tuple[When, ...]


def restricts(tags: Mapping[str, str]) -> bool:
    """Return whether the tags say when, or that goods vehicles or heavy ones may not pass."""
    return (
        any(f"{key}:conditional" in tags for key in (*KEYS, *LIMITS))
        or any(tags.get(key) in _BANNED for key in ("hgv", "goods"))
        or any(key in tags for key in LIMITS)
    )


def read(tags: Mapping[str, str], notes: list[Note]) -> list[dict[str, Any]]:
    """Return the rows of a way; what is not understood is named in the notes."""
    found = [row for key in KEYS for row in _of_key(key, tags, notes)]
    made = [_made(row) for row in found if row.bans or _overrules(row, found)]
    if found and not made:
        notes.append(
            Note(
                "not_understood",
                "nothing_banned",
                _("It is said when one may pass, not that one may not otherwise."),
            )
        )
    for key in LIMITS:
        made += _limit(key, tags, notes)
    for key in tags:
        if key.endswith(":conditional"):
            base = key.removesuffix(":conditional")
            if base not in KEYS and base not in LIMITS and not _NOT_ACCESS.fullmatch(base):
                notes.append(_unknown(key, tags[key]))
    return made


def _made(row: _Row) -> dict[str, Any]:
    who = None if row.who == Who() else row.who
    name = f"{row.key}-{row.priority}"
    what = rows.PROHIBIT if row.bans else ALLOW
    return rows.row(name, what=what, who=who, when=row.when, priority=row.priority)


def _overrules(row: _Row, others: Iterable[_Row]) -> bool:
    """Return whether an admission has a ban beneath it; one that has none says nothing."""
    kin = {"access", "vehicle", row.key} | (
        {"motor_vehicle"} if row.priority >= KEYS["hgv"][0] else set()
    )
    return any(
        other.bans and other.key in kin and other.priority < row.priority for other in others
    )


def _of_key(key: str, tags: Mapping[str, str], notes: list[Note]) -> Iterator[_Row]:
    priority, who = KEYS[key]
    plain = tags.get(key)
    if plain is None and key == "motor_vehicle" and tags.get("highway") in _NO_MOTORS:
        plain = "no"
        text = _("highway=%(kind)s is closed to motor vehicles.")
        said = Filled(text, kind=tags["highway"])
        notes.append(Note("taken", "implied", said))
    if plain is not None and (bans := _bans(key, plain, notes)) is not None:
        yield _Row(key, priority, bans, who, ())
    name = f"{key}:conditional"
    for number, clause in enumerate(_clauses(name, tags, notes), start=1):
        bans = _bans(name, clause.value, notes)
        both = _both(who, clause.who)
        if bans is None:
            continue
        if both is None or number > 8:
            notes.append(_unknown(name, tags[name]))
            continue
        yield _Row(key, priority + number, bans, both, clause.when)


def _clauses(name: str, tags: Mapping[str, str], notes: list[Note]) -> Iterator[Clause]:
    for clause in conditional.read(tags.get(name, "")):
        if isinstance(clause, Clause):
            yield clause
        else:
            notes.append(_unknown(name, clause.part))


def _both(who: Who, more: Who) -> Who | None:
    """Return both predicates as one."""
    if more == Who():
        return who
    return more if who == Who() else Who(all=(who, more))


def _bans(key: str, value: str, notes: list[Note]) -> bool | None:
    if value in _BANNED:
        return True
    if value in _ADMITTED:
        if value in _TO_HERE:
            text = _("“%(value)s” is no fact of a vehicle; taken as admitted.")
            detail = Filled(text, value=value)
            notes.append(Note("not_understood", "purpose_not_a_fact", detail, key))
        return False
    if value != "unknown":
        notes.append(_unknown(key, value))
    return None


def _limit(key: str, tags: Mapping[str, str], notes: list[Note]) -> Iterator[dict[str, Any]]:
    text = tags.get(key)
    if f"{key}:conditional" in tags:
        notes.append(_unknown(f"{key}:conditional", tags[f"{key}:conditional"]))
    if text is None or text in ("none", "default", "below_default", "no_sign", "unsigned"):
        return
    found = _METRES.fullmatch(text)
    if found is None or (found[2] or "t") not in (("t",) if "weight" in key else ("t", "m")):
        notes.append(_unknown(key, text))
        return
    value = float(found[1])
    who = {
        "maxweight": Who(gross_weight_over_kg=round(value * 1000)),
        "maxweightrating": Who(gross_weight_over_kg=round(value * 1000)),
        "maxlength": Who(length_over_m=value),
        "maxwidth": Who(width_over_m=value),
        "maxheight": Who(height_over_m=value),
    }[key]
    if key == "maxweight":
        detail = _("It limits the actual weight; the permissible one is compared.")
        notes.append(Note("taken", "weight_permissible", detail, key))
    yield rows.row(key, who=who, priority=_ABOVE_ALL)


def _unknown(key: str, text: str) -> Note:
    return Note("not_understood", "tag_unknown", f"{key}={text[:200]}", key)
