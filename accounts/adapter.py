"""How people sign in: accounts are given by organisations, nobody signs up by themselves."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator

from kernel.clock import wall

log = logging.getLogger(__name__)


class HubAccountAdapter(DefaultAccountAdapter):
    """Closes the sign-up page, and survives a mail server that does not answer."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for the password again, but not who has just typed it and sets up the first second
        factor, up to its recovery codes: then nothing is asked that was not asked a moment ago."""
        user = self.request.user
        if app == "allauth.mfa" and self._has_just_signed_in(user):
            factors = Authenticator.objects.filter(user=user)
            if not factors.filter(created_at__lt=self._a_moment_ago()).exists():
                return False
        return bool(super().is_reauthentication_required(app=app))

    def _has_just_signed_in(self, user: Any) -> bool:
        records = get_authentication_records(self.request, user)
        oldest = self._a_moment_ago().timestamp()
        return any(one["method"] == "password" and one["at"] > oldest for one in records)

    def _a_moment_ago(self) -> datetime:
        return wall() - timedelta(seconds=app_settings.REAUTHENTICATION_TIMEOUT)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; a failure is logged only.

        An error page would come for addresses that have an account, and so tell which have one.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("a message was not sent: %s", template_prefix)
