"""Cities, people, organisations, mandates, machine clients, webhooks."""

from accounts.models.cities import City, Organisation
from accounts.models.clients import ApiClient
from accounts.models.mandates import Mandate
from accounts.models.people import Membership, Role, User
from accounts.models.standing import StandingStill
from accounts.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiClient",
    "City",
    "Mandate",
    "Membership",
    "Organisation",
    "Role",
    "StandingStill",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
