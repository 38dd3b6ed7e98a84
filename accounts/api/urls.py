from django.urls import path

from accounts.api import standing, views, webhooks

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
    path("webhooks", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.WebhookView.as_view(), name="webhook"),
    path(
        "webhooks/<uuid:webhook_id>/rotate",
        webhooks.WebhookRotateView.as_view(),
        name="webhook-rotate",
    ),
    path(
        "webhooks/<uuid:webhook_id>/replay",
        webhooks.WebhookReplayView.as_view(),
        name="webhook-replay",
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries",
        webhooks.WebhookDeliveriesView.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/deliveries/<uuid:delivery_id>",
        webhooks.WebhookDeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path(
        "webhooks/deliveries/<uuid:delivery_id>/replay",
        webhooks.WebhookDeliveryReplayView.as_view(),
        name="webhook-delivery-replay",
    ),
]
