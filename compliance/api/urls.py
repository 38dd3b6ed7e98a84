from django.urls import path

from compliance.api import checks, disputing, views

urlpatterns = [
    path("findings", views.FindingsView.as_view(), name="findings"),
    path("findings/<uuid:finding_id>", views.FindingView.as_view(), name="finding"),
    path("checks", checks.ChecksView.as_view(), name="checks"),
    path("checks/<uuid:check_id>", checks.CheckView.as_view(), name="check"),
    path(
        "findings/<uuid:finding_id>/evidence", views.EvidenceView.as_view(), name="finding-evidence"
    ),
    path(
        "findings/<uuid:finding_id>/evidence.pdf",
        views.EvidencePdfView.as_view(),
        name="finding-evidence-pdf",
    ),
    path(
        "findings/<uuid:finding_id>/disputes",
        disputing.FindingDisputesView.as_view(),
        name="finding-disputes",
    ),
    path("disputes", disputing.DisputesView.as_view(), name="disputes"),
    path("disputes/<uuid:dispute_id>", disputing.DisputeView.as_view(), name="dispute"),
    path(
        "disputes/<uuid:open_dispute_id>/decision",
        disputing.DecisionView.as_view(),
        name="dispute-decision",
    ),
    path("self-checks", disputing.SelfChecksView.as_view(), name="self-checks"),
]
