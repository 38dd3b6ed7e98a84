"""How people sign in: accounts are given by organisations, nobody signs up by themselves."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

log = logging.getLogger(__name__)


class HubAccountAdapter(DefaultAccountAdapter):
    """Closes the sign-up page, and survives a mail server that does not answer."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; a failure is logged only.

        An error page would come for addresses that have an account, and so tell which have one.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("a message was not sent: %s", template_prefix)
