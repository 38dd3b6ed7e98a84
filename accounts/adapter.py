"""How people sign in: accounts are given by organisations, nobody signs up by themselves."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class HubAccountAdapter(DefaultAccountAdapter):
    """Closes the sign-up page."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False
