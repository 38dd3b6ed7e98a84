"""Machine clients."""

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from accounts.models.cities import Organisation
from kernel.clock import wall
from kernel.identifiers import uuid7


class ApiClient(AbstractApplication):
    """A machine client of an organisation (OAuth 2.0 client credentials).

    Two secrets can live at a time: after a rotation the old one works until it expires or is
    revoked. Times are wall time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="api_clients"
    )
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    active = models.BooleanField(_("active"), default=True)
    previous_secret = models.CharField(max_length=255, blank=True, default="", editable=False)
    previous_secret_until = models.DateTimeField(
        _("old secret works until"), null=True, blank=True, help_text=_("Wall time.")
    )
    created = models.DateTimeField(_("created"), default=wall, editable=False)
    updated = models.DateTimeField(_("updated"), default=wall, editable=False)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def is_usable(self, request: object) -> bool:
        """Return whether tokens may be issued to this client (asked by the OAuth library)."""
        return self.active

    def knows_secret(self, secret: str, at: datetime) -> bool:
        """Return whether a secret is one of the client's live ones at an instant of wall time."""
        if check_password(secret, self.client_secret):
            return True
        if not self.previous_secret or self.previous_secret_until is None:
            return False
        return at < self.previous_secret_until and check_password(secret, self.previous_secret)
