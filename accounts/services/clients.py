"""Secrets of machine clients: rotated without a pause, revoked at once. Wall time throughout."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from oauth2_provider.models import get_access_token_model

from accounts.models import ApiClient
from accounts.services.setup import NewClient
from kernel.clock import wall

SECRET_HASHER = "sha256_secret"
OVERLAP = timedelta(days=7)


@transaction.atomic
def rotate_secret(*, client: ApiClient, overlap: timedelta = OVERLAP) -> NewClient:
    """Give a client a new secret; the one before works for `overlap` longer. Returns the new one,
    shown once."""
    locked = ApiClient.objects.select_for_update().get(pk=client.pk)
    secret = secrets.token_urlsafe(32)
    moment = wall()
    locked.previous_secret = locked.client_secret
    locked.previous_secret_until = moment + overlap
    locked.client_secret = make_password(secret, hasher=SECRET_HASHER)
    locked.updated = moment
    locked.save(
        update_fields=["previous_secret", "previous_secret_until", "client_secret", "updated"]
    )
    return NewClient(locked, secret)


@transaction.atomic
def revoke_previous_secret(*, client: ApiClient) -> None:
    """Let the secret before the current one stop working now."""
    ApiClient.objects.filter(pk=client.pk).update(previous_secret="", previous_secret_until=None)


@transaction.atomic
def deactivate(*, client: ApiClient) -> None:
    """Shut a client out: its tokens stop working with the next call, and it gets no new ones."""
    ApiClient.objects.filter(pk=client.pk).update(active=False)
    get_access_token_model().objects.filter(application=client).delete()


def forget_old_tokens(as_of: datetime) -> int:
    """Delete tokens that expired more than a day of wall time ago (a job of the tick)."""
    deleted, _by_model = (
        get_access_token_model().objects.filter(expires__lt=wall() - timedelta(days=1)).delete()
    )
    return deleted
