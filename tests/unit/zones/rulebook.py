"""Builds regulations for the tests of zones in one line each."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period
from zones.compiled import CompiledRegulation, compile_regulation

HELSINKI = ZoneInfo("Europe/Helsinki")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ZONE = UUID(int=100)


def local(text: str, tz: ZoneInfo = HELSINKI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz)


def regulation(
    *rows: dict[str, object],
    regulation_id: int = 1,
    number: int = 1,
    zone: UUID = ZONE,
    legal: Period | None = None,
    recorded: Period | None = None,
    vacate_by_s: int = 0,
) -> CompiledRegulation:
    return compile_regulation(
        regulation_id=UUID(int=regulation_id),
        version_id=UUID(int=regulation_id * 1000 + number),
        number=number,
        code=f"R{regulation_id}",
        zone_id=zone,
        rows=rows,
        legal=legal or Period(LONG_AGO),
        recorded=recorded or Period(LONG_AGO),
        vacate_by=timedelta(seconds=vacate_by_s),
    )
