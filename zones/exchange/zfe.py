"""French low-emission zones in the shape of schema-zfe (areas and exceptional roads).

Source: schema-zfe of transport.data.gouv.fr. `…_critair` names the first vignette that is not
admitted, in the order EL, V1, V2, V3, V4, V5, NC: "V4" bans Crit'Air 4, 5 and vehicles without
one. `…_horaires` are the hours of the restriction as opening hours. `date_fin` is the day on which
the rules end, read as the first on which they no longer hold.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kernel.periods import YEARS
from kernel.schedules import local_midnight
from kernel.text import Filled
from kernel.text import gettext_noop as _
from kernel.vehicles import Category
from zones.exchange import ground, opening_hours, rows
from zones.exchange.drafts import (
    Context,
    Note,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
)
from zones.language import When, Who

CLASSES: dict[str, tuple[Category, ...]] = {
    "vp": ("M1",),
    "vul": ("N1",),
    "pl": ("N2", "N3"),
    "autobus_autocars": ("M2", "M3"),
    "deux_rm": ("L1e", "L2e", "L3e", "L4e", "L5e", "L6e", "L7e"),
}
VIGNETTES = ("EL", "V1", "V2", "V3", "V4", "V5", "NC")
STICKERS = ("E", "1", "2", "3", "4", "5", "none")
SCHEME = "critair"
_SPEAKING = {f"{name}_{what}" for name in CLASSES for what in ("critair", "horaires")}
_KNOWN = _SPEAKING | {"id", "date_debut", "date_fin", "url_arrete", "url_site"}
_ABOUT = {"url_site_information", "zfe_derogation", "siren", "forme_juridique", "nom"}


def is_zfe(properties: dict[str, Any]) -> bool:
    """Return whether a feature's properties are those of the schema."""
    return "date_debut" in properties or bool(_SPEAKING & properties.keys())


def read(feature: dict[str, Any], context: Context) -> ZoneDraft:
    """Return a feature as a draft. Raises Unreadable when it has no id, start or ground."""
    facts = feature["properties"]
    source_id = facts.get("id")
    if not isinstance(source_id, str) or not source_id.strip():
        raise Unreadable("id_missing", _("The feature has no id."))
    start = _day(facts, "date_debut")
    if start is None:
        raise Unreadable("start_missing", _("The feature has no date_debut."))
    end = _day(facts, "date_fin")
    if end is not None and end <= start:
        raise Unreadable("period_empty", _("date_fin does not lie after date_debut."))
    geometry, notes = ground.from_geojson(feature.get("geometry"), context)
    made = _rows(facts, notes)
    notes += [
        Note(
            "not_understood",
            "member_unknown",
            Filled(_("“%(name)s” is no member of the schema."), name=name),
            name,
        )
        for name in facts.keys() - _KNOWN - _ABOUT
    ]
    legal_from = local_midnight(start, context.tz)
    legal_until = None if end is None else local_midnight(end, context.tz)
    draft = ZoneDraft(
        source_id=source_id,
        name=f"ZFE {source_id}",
        kind="low_emission",
        geometry=geometry,
        legal_from=legal_from,
        notes=notes,
    )
    if made:
        reference = facts.get("url_arrete")
        version = VersionDraft(
            made, legal_from, legal_until, reference[:500] if isinstance(reference, str) else ""
        )
        draft.regulations.append(RegulationDraft(source_id, draft.name, [version]))
    return draft


def _rows(facts: dict[str, Any], notes: list[Note]) -> list[dict[str, Any]]:
    made = []
    for name, categories in CLASSES.items():
        level, hours = facts.get(f"{name}_critair"), facts.get(f"{name}_horaires")
        if level is None or level == "":
            continue
        where = f"{name}_critair"
        if level not in VIGNETTES:
            notes.append(
                Note(
                    "not_understood",
                    "vignette_unknown",
                    Filled(_("“%(level)s” is no vignette."), level=level),
                    where,
                )
            )
            continue
        windows = _windows(hours, f"{name}_horaires", notes)
        if windows is None:
            continue
        banned = STICKERS[VIGNETTES.index(level) :]
        who = Who(category=categories, stickers={SCHEME: banned})
        made.append(rows.row(name, who=who, when=windows))
        notes.append(
            Note(
                "taken",
                "class_read",
                Filled(_("Banned: %(classes)s."), classes=", ".join(banned)),
                where,
            )
        )
    return made


def _windows(hours: Any, where: str, notes: list[Note]) -> Sequence[When] | None:
    """Return the windows; None when they cannot be said: a ban at other hours is another ban."""
    if hours is None or hours == "":
        notes.append(
            Note(
                "not_understood", "hours_missing", _("No hours are given; taken as always."), where
            )
        )
        return ()
    try:
        windows = opening_hours.read(str(hours))
    except opening_hours.NotUnderstood as error:
        text = _("“%(part)s” is not understood; the class is left out.")
        detail = Filled(text, part=error.part)
        notes.append(Note("not_understood", "hours_not_understood", detail, where))
        return None
    return () if windows == (When(),) else windows


def _day(facts: dict[str, Any], name: str) -> date | None:
    text = facts.get(name)
    if text is None or text == "":
        return None
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        day = None
    if day is None or day.year not in YEARS:
        raise Unreadable("date_malformed", Filled(_("%(name)s is no date."), name=name))
    return day
