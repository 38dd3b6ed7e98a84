"""Where routing answers."""

from django.urls import URLPattern, URLResolver, path

from routing.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "api/v1/reoptimizations",
        views.ReoptimizationsView.as_view(),
        name="reoptimizations",
    ),
    path(
        "api/v1/reoptimizations/<uuid:run_id>",
        views.ReoptimizationView.as_view(),
        name="reoptimization",
    ),
    path("api/v1/plans/<uuid:plan_id>", views.PlanView.as_view(), name="plan"),
    path("api/v1/plans/<uuid:plan_id>/accept", views.AcceptView.as_view(), name="plan-accept"),
]
