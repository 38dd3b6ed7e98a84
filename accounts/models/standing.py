"""What the ground keeps, as tenants see it."""

from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from foundation.models import StoppedSubject


class StandingStill(StoppedSubject):
    """A vehicle, facility or other subject that a consumer cannot go on with; the city's to see."""

    tenancy = Tenancy(organisation=None)
    objects = TenantQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("stopped subject")
        verbose_name_plural = _("stopped subjects")
