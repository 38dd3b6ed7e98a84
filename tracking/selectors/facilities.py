"""What is at facilities."""

from django.db.models import Count, QuerySet

from tracking.models import FacilityUnit


def inside(rows: QuerySet[FacilityUnit]) -> dict[str, int]:
    """Return how many of these units are inside, by state. One query."""
    counted = rows.filter(inside=True).order_by().values_list("state").annotate(Count("id"))
    return dict(counted)
