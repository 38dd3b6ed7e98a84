from django.urls import path

from compliance.api import views

urlpatterns = [
    path("findings", views.FindingsView.as_view(), name="findings"),
    path("findings/<uuid:finding_id>", views.FindingView.as_view(), name="finding"),
]
