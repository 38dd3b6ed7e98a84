"""Where news is delivered to, what is to be delivered, and what came of each attempt."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.cities import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class WebhookEndpointQuerySet(TenantQuerySet):
    """Verbs over endpoints."""

    def wanting(self, city_ids: Iterable[UUID], topics: Iterable[str]) -> Self:
        """Return the active endpoints of some cities that want one of these topics."""
        return self.filter(city_id__in=city_ids, active=True, topics__overlap=list(topics))


class WebhookEndpoint(models.Model):
    """Where an organisation wants news to be delivered (Standard Webhooks).

    After a rotation both secrets sign until the old one expires. An endpoint that does not answer
    is left alone until `resume_at`, longer with each failure in a row. `registered at` is domain
    time: what happened before is not told. The other times are wall time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="webhook_endpoints")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.URLField(_("URL"), max_length=500)
    topics = ArrayField(models.CharField(max_length=80), verbose_name=_("topics"))
    secret = models.CharField(max_length=120, editable=False)
    previous_secret = models.CharField(max_length=120, blank=True, default="", editable=False)
    previous_secret_until = models.DateTimeField(
        _("old secret signs until"), null=True, blank=True, help_text=_("Wall time.")
    )
    active = models.BooleanField(_("active"), default=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    resume_at = models.DateTimeField(
        _("left alone until"), null=True, blank=True, help_text=_("Wall time.")
    )
    created_at = models.DateTimeField(_("registered at"))

    tenancy = Tenancy(city_staff=False)
    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        indexes = [models.Index(fields=["city", "active"], name="webhook_of_city")]

    def __str__(self) -> str:
        return self.url

    def secrets_at(self, moment: datetime) -> list[str]:
        """Return the secrets that sign at an instant of wall time, the current one first."""
        until = self.previous_secret_until
        old = until is not None and moment < until and self.previous_secret
        return [self.secret, self.previous_secret] if old else [self.secret]


class WebhookDeliveryQuerySet(TenantQuerySet):
    """Verbs over deliveries."""

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Return deliveries of news that happened in `[start, end)`; None leaves a side open."""
        rows = self if start is None else self.filter(at__gte=start)
        return rows if end is None else rows.filter(at__lt=end)

    def due(self, moment: datetime) -> Self:
        """Return what may be tried now: endpoints switched off or left alone are passed over."""
        return self.filter(
            Q(endpoint__resume_at__isnull=True) | Q(endpoint__resume_at__lte=moment),
            state=WebhookDelivery.State.PENDING,
            next_try_at__lte=moment,
            endpoint__active=True,
        )


class WebhookDelivery(models.Model):
    """One piece of news for one endpoint. The body never changes: each attempt sends it as it is.

    `owner_id` and `vehicle_id` say whose news it is, for the look at mandates before each attempt;
    no owner = for everybody. `at` is the domain time of the news, the other times are wall time.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")
        WITHHELD = "withheld", _("Withheld")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    message_id = models.UUIDField(_("message"))
    topic = models.CharField(_("topic"), max_length=80)
    at = models.DateTimeField(_("happened at"))
    owner_id = models.UUIDField(null=True, editable=False)
    vehicle_id = models.UUIDField(null=True, editable=False)
    body = models.TextField(editable=False)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PENDING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    queued_at = models.DateTimeField(_("queued at"), help_text=_("Wall time."))
    next_try_at = models.DateTimeField(_("next attempt"), null=True, help_text=_("Wall time."))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, help_text=_("Wall time."))

    tenancy = Tenancy(city_staff=False)
    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "message_id"],
                name="webhook_message_once",
                violation_error_message=_("This endpoint was given this message before."),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", next_try_at__isnull=False)
                | (~Q(state="pending") & Q(next_try_at__isnull=True)),
                name="webhook_pending_has_a_next_try",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="pending"), name="webhook_due"),
            models.Index(fields=["endpoint", "-at", "-id"], name="webhook_log"),
            models.Index(fields=["queued_at"], name="webhook_age"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.message_id}"


class WebhookAttempt(models.Model):
    """One attempt at a delivery: a status, or what went wrong in a word. Wall time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(_("at"), help_text=_("Wall time."))
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    error = models.CharField(_("error"), max_length=24, blank=True, default="")
    milliseconds = models.PositiveIntegerField(_("took (ms)"))

    tenancy = Tenancy(
        city="delivery__city_id", organisation="delivery__organisation_id", city_staff=False
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.error or str(self.status)
