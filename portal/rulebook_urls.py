"""Addresses of the pages of rules."""

from django.urls import URLPattern, path

from portal.views.rulebook import (
    calendars,
    editing,
    grounds,
    importing,
    permits,
    publishing,
    splitting,
    templates,
    versions,
    zones,
)

_ZONE = "rules/zones/<uuid:zone_id>/"
_VERSION = "rules/versions/<uuid:version_id>/"

RULES: list[URLPattern] = [
    path("rules/", zones.Rules.as_view(), name="rules"),
    path("rules/zones/", zones.Zones.as_view(), name="rule-zones"),
    path("rules/zones/new/", grounds.NewZone.as_view(), name="new-zone"),
    path("rules/boundary/", grounds.LookAtBoundary.as_view(), name="look-at-boundary"),
    path("rules/import/", importing.Import.as_view(), name="import-rules"),
    path("rules/import/<uuid:import_id>/", importing.OneImport.as_view(), name="rule-import"),
    path("rules/import/<uuid:import_id>/progress/", importing.ImportPart.as_view(),
         name="import-part"),
    path(_ZONE, zones.OneZone.as_view(), name="rule-zone"),
    path(f"{_ZONE}ground/", grounds.NewGround.as_view(), name="new-ground"),
    path(f"{_ZONE}split/", splitting.SplitZone.as_view(), name="split-zone"),
    path(f"{_ZONE}regulations/", zones.NewRegulation.as_view(), name="new-regulation"),
    path(f"{_ZONE}templates/", templates.Templates.as_view(), name="zone-templates"),
    path(_VERSION, versions.OneVersion.as_view(), name="rule-version"),
    path(f"{_VERSION}analysis/", versions.Analysis.as_view(), name="version-analysis"),
    path(f"{_VERSION}analysis/part/", versions.AnalysisPart.as_view(), name="analysis-part"),
    path(f"{_VERSION}edit/", editing.EditVersion.as_view(), name="edit-version"),
    path(f"{_VERSION}review/", versions.Review.as_view(), name="review-version"),
    path(f"{_VERSION}unreview/", versions.Unreview.as_view(), name="unreview-version"),
    path(f"{_VERSION}impact/", publishing.Impact.as_view(), name="version-impact"),
    path(f"{_VERSION}impact/progress/", publishing.ImpactPart.as_view(), name="impact-part"),
    path(f"{_VERSION}suspend/", versions.Suspend.as_view(), name="suspend-version"),
    path(f"{_VERSION}resume/", versions.Resume.as_view(), name="resume-version"),
    path(f"{_VERSION}annul/", versions.Annul.as_view(), name="annul-version"),
    path(f"{_VERSION}another/", versions.Another.as_view(), name="another-version"),
    path("rules/calendars/", calendars.Calendars.as_view(), name="calendars"),
    path("rules/calendars/new/", calendars.NewCalendar.as_view(), name="new-calendar"),
    path("rules/calendars/days/", calendars.CalendarDays.as_view(), name="calendar-days"),
    path("rules/calendars/<uuid:calendar_id>/off/", calendars.SwitchOff.as_view(),
         name="calendar-off"),
    path("rules/permits/", permits.Permits.as_view(), name="permits"),
    path("rules/permits/<uuid:permit_id>/revoke/", permits.RevokePermit.as_view(),
         name="revoke-permit"),
]  # fmt: skip
