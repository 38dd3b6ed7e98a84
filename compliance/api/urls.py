from django.urls import path

from compliance.api import checks, views

urlpatterns = [
    path("findings", views.FindingsView.as_view(), name="findings"),
    path("findings/<uuid:finding_id>", views.FindingView.as_view(), name="finding"),
    path("checks", checks.ChecksView.as_view(), name="checks"),
    path("checks/<uuid:check_id>", checks.CheckView.as_view(), name="check"),
]
