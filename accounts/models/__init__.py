"""Cities, people, organisations, mandates, machine clients, webhook endpoints."""

from accounts.models.cities import City, Organisation
from accounts.models.clients import ApiClient, WebhookEndpoint
from accounts.models.mandates import Mandate
from accounts.models.people import Membership, Role, User
from accounts.models.standing import StandingStill

__all__ = [
    "ApiClient",
    "City",
    "Mandate",
    "Membership",
    "Organisation",
    "Role",
    "StandingStill",
    "User",
    "WebhookEndpoint",
]
