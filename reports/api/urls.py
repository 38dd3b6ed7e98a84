from django.urls import path

from reports.api import impacts, views

urlpatterns = [
    path("compliance", views.ComplianceView.as_view(), name="report-compliance"),
    path("congestion", views.CongestionView.as_view(), name="report-congestion"),
    path("impact", impacts.DraftImpactView.as_view(), name="report-impact"),
    path("impact/<uuid:impact_id>", impacts.ImpactView.as_view(), name="report-impact-one"),
]
