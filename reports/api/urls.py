from django.urls import path

from reports.api import views

urlpatterns = [
    path("compliance", views.ComplianceView.as_view(), name="report-compliance"),
    path("congestion", views.CongestionView.as_view(), name="report-congestion"),
]
