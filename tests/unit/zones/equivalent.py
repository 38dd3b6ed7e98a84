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
    r"PLAIN-LOW-EMISSION low-emission\.rows\.\d\.who\.not(\.fuel_only\.\d)? gone": _ABOVE,
    r"NL-ZE-GENERIC vans\.rows\.[014]\.who\.not(\.fuel_only\.\d)? gone": _ABOVE,
    r"SE-STOCKHOLM-CLASS-3 class-3\.rows\.0\.who\.not\.any\.2\.all\.1.* gone": (
        "without exhaust is admitted by the first alternative"
    ),
}
"""By scheme, place and new value."""

_WIDER = "looks at a day more than can matter"
_NARROWER = "still looks at every day that can matter: no window is longer than a day"
_EMPTY = "adds a stretch without length, which holds no instant"
_SCHEDULES = {
    "EVERY_DAY: frozenset[int] = frozenset(range(7))  # 7 → 8": "no day is the eighth of a week",
    "day = (period.start.astimezone(tz) - 2 * _ONE_DAY).date()  # 2 → 3": _WIDER,
    "day = (period.start.astimezone(tz) - 2 * _ONE_DAY).date()  # 2 → 1": _NARROWER,
    "while day <= last:  # day <= last → Lt 0": _NARROWER,
    "for regime_start, regime_end, offset in _regimes(start, start + 3 * _ONE_DAY, tz)"
    "  # 3 → 4": _WIDER,
    "for regime_start, regime_end, offset in _regimes(start, start + 3 * _ONE_DAY, tz)"
    "  # 3 → 2": _NARROWER,
    "if first < last:  # first < last → LtE 0": _EMPTY,
    "first, last = start.astimezone(UTC) - 3 * _ONE_DAY, end.astimezone(UTC) + 3 * _ONE_DAY"
    "  # 3 → 4": _WIDER,
    "first, last = start.astimezone(UTC) - 3 * _ONE_DAY, end.astimezone(UTC) + 3 * _ONE_DAY"
    "  # 3 → 2": _NARROWER,
    "for year in range(first.year, last.year + 1)  # 1 → 2": _WIDER,
    "if first < change < last  # first < change < last → LtE 0": _EMPTY,
    "if first < change < last  # first < change < last → LtE 1": _EMPTY,
    "low, high = 0, 86400  # 0 → 1": "clocks do not change in the first second of a day",
    "low, high = 0, 86400  # 0 → -1": "the search ends at the same second",
    "while high - low > 1:  # 1 → 2": "a whole quarter of an hour is still met to the second",
    "low, high = 0, 86400  # 86400 → 86401": "the search ends at the same second",
}

_MEMORY = "how many Euro classes are remembered changes no answer"
_SHORT = "a shorter way for one part alone; the general way comes to the same"
_PREDICATES = {
    "if len(parts) == 1:  # 1 → 0": _SHORT,
    "return parts[0]  # 0 → -1": "of one part the first is the last",
    "if len(known) < 100:  # len(known) < 100 → LtE 0": _MEMORY,
    "if len(known) < 100:  # len(known) < 100 → not (len(known) < 100)": _MEMORY,
    "if len(known) < 100:  # 100 → 101": _MEMORY,
    "if len(known) < 100:  # 100 → 99": _MEMORY,
}

_SAVES = "rows that cannot mean the vehicle are only left out to save work"
_ALL_LEFT = "len(rows) == len(regulation.rows)"
_NARROWED = f"return regulation if {_ALL_LEFT} else replace(regulation, rows=rows)"
_ROW = "row for row in regulation.rows if row.ages or row.who(facts, date.min)[0] is not False"
_REPLACED = "every row gets the reference of its own version"
_NOWHERE = '_NOWHERE = RuleRef(UUID(int=0), UUID(int=0), 0, "")'
_COMPILED = {
    f"{_NOWHERE}  # 0 → 1": _REPLACED,
    f"{_NOWHERE}  # 0 → -1": _REPLACED,
    f"{_ROW}  # 0 → 1": _SAVES,
    f"{_ROW}  # 0 → -1": _SAVES,
    f"{_NARROWED}  # {_ALL_LEFT} → NotEq 0": _SAVES,
    f"{_NARROWED}  # {_ALL_LEFT} → not ({_ALL_LEFT})": _SAVES,
}
_SETTLED = "return settled[0] if len(settled) == 1 else combine(settled)"
_EXEMPT = 'return _Voice(row, "exempt", (), False, False)'
_STRICTER = "if STRICTNESS[said] < STRICTNESS[access]:"
_RULES = {
    f"{_EXEMPT}  # False → True": "whether who is exempt is warned or has a permit is not asked",
    f"{_SETTLED}  # 1 → 0": "of one zone, what is combined is what that zone says",
    f"{_SETTLED}  # 0 → -1": "of one zone the first is the last",
    f"{_STRICTER}  # {_STRICTER[3:-1]} → LtE 0": "as strict as before is the same access",
}

OF_CODE = {("kernel.schedules", what): why for what, why in _SCHEDULES.items()} | {
    (module, what): why
    for module, told in (
        ("zones.predicates", _PREDICATES),
        ("zones.compiled", _COMPILED),
        ("zones.rules", _RULES),
    )
    for what, why in told.items()
}
"""By module and change, as `mutants.of_code` names it."""
