"""Mutants that decide nothing else than what they were made from, each with the reason."""

_PASS = "a kind of pass is held while any row of the scheme still grants it; others say as many"
_LATER = "its first window of the day opens hours after midnight"
_TWICE = "a class below the bound is banned by the row before, at the same hours"
_ABOVE = "vehicles without exhaust stand above every Euro class"

OF_TEMPLATES = {
    r"(BE-BRUSSELS|ES-BARCELONA|FR-PARIS|NL-ZE).*\.per_year (23|11)": _PASS,
    r"(ES-BARCELONA-ZBE labels|FR-PARIS-ZFE stickers)\.legal_from .*": _LATER,
    r"IT-MILANO-AREA-B goods\.legal_from .*": _LATER,
    r"IT-MILANO-AREA-C (goods|ticket|loading)\.legal_from .*": _LATER,
    r"ES-BARCELONA-ZBE labels\.rows\.2\.when\.0\.from_on 2026-01-02": "1 January is a holiday",
    r"ES-BARCELONA-ZBE labels\.rows\.3\.when\.0\.from_on 2028-01-02": "1 January 2028, a Saturday",
    r"FR-PARIS-ZFE stickers\.rows\.1\.when\.0\.from_on 2025-01-02": "1 January is a holiday",
    r"IT-MILANO-AREA-C goods\.rows\.\d\.when\.0\.from_on .*": "1 October 2023 is a Sunday",
    r"IT-MILANO-AREA-B goods\.rows\.\d\.when\.0\.from_on 2024-09-30": "the order begins in October",
    r"IT-MILANO-AREA-[BC] goods\.rows\.3\.who\.euro_at_least IV": _TWICE,
    r"IT-MILANO-AREA-C goods\.rows\.[23]\.who\.category\.1 gone": "an N3 weighs more than 7.5 t",
    r"BE-BRUSSELS-LEZ norms\.rows\.4\.who\.not gone": _TWICE,
    r"NL-ZE-GENERIC vans\.rows\.[014]\.who\.not(\.fuel_only\.\d)? gone": _ABOVE,
    r"NDW-FEED ZE s-Hertogenbosch feed\.rows\.1\.who\.euro_below 6d-TEMP": (
        "a Euro 6 is admitted by the next row, and for longer"
    ),
    r"SE-STOCKHOLM-CLASS-3 class-3\.rows\.0\.who\.not\.any\.2\.all\.1.* gone": (
        "without exhaust is admitted by the first alternative"
    ),
}
"""By scheme, place and new value."""

OF_CODE: dict[tuple[str, str], str] = {}
"""By module and change."""
