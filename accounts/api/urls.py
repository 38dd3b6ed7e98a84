from django.urls import path

from accounts.api import standing, views

urlpatterns = [
    path("clock", views.ClockView.as_view(), name="clock"),
    path("me", views.MeView.as_view(), name="me"),
    path("mandates", views.MandatesView.as_view(), name="mandates"),
    path("mandates/<uuid:mandate_id>", views.MandateView.as_view(), name="mandate"),
    path(
        "mandates/<uuid:mandate_id>/revoke",
        views.MandateRevokeView.as_view(),
        name="mandate-revoke",
    ),
    path("consumers/stopped", standing.StoppedView.as_view(), name="stopped"),
    path(
        "consumers/stopped/<uuid:stopped_id>/retry",
        standing.StoppedRetryView.as_view(),
        name="stopped-retry",
    ),
    path(
        "consumers/stopped/<uuid:stopped_id>/skip",
        standing.StoppedSkipView.as_view(),
        name="stopped-skip",
    ),
]
