"""Organisations, people and mandates in the back office.

The back office's door is the portal's sign-in, so that the second factor counts there.
"""

from datetime import datetime
from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import (
    ApiClient,
    City,
    Mandate,
    Membership,
    Organisation,
    Role,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.scopes import RULES_READ, RULES_WRITE
from accounts.services import setup
from foundation.office import LookInline, ReadOnlyAdmin, ServiceAdmin, ServiceForm

admin.site.login = secure_admin_login(admin.site.login)
# What libraries register by themselves would show every city's rows, and secrets with them.
for model, registered in tuple(admin.site._registry.items()):
    if type(registered).__module__.split(".")[0] in ("allauth", "django", "oauth2_provider"):
        admin.site.unregister(model)

# People and organisations are the officials' business: who may write rules may look after them.
READ, WRITE = RULES_READ, RULES_WRITE


@admin.register(City)
class CityAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "pk"
    list_display = ("name", "code", "country", "time_zone", "currency", "host")


class OrganisationForm(ServiceForm):
    """An organisation of this city."""

    class Meta:
        model = Organisation
        fields = ("code", "name", "kind")

    def perform(self, actor: Any, now: datetime) -> Organisation:
        said = self.cleaned_data
        return setup.create_organisation(
            city=actor.city, code=said["code"], name=said["name"], kind=said["kind"]
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["code"].disabled = True


class MembershipInline(LookInline):
    """Who is a member, in which role."""

    model = Membership
    fields = ("user", "role")


@admin.register(Organisation)
class OrganisationAdmin(ServiceAdmin):
    view_scope, write_scope = READ, WRITE
    form = OrganisationForm
    list_display = ("name", "code", "kind")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    inlines = (MembershipInline,)


class PersonForm(ServiceForm):
    """A person with a role in an organisation; they set their own password by e-mail."""

    name = forms.CharField(label=_("name"), widget=UnfoldAdminTextInputWidget)
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("organisation"), widget=UnfoldAdminSelectWidget
    )
    role = forms.ChoiceField(label=_("role"), choices=Role, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = User
        fields = ("email",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from foundation.office import actor_and_now

        actor, _now = actor_and_now(self.office_request)
        self.fields["organisation"].queryset = Organisation.objects.filter(city=actor.city)

    def perform(self, actor: Any, now: datetime) -> User:
        said = self.cleaned_data
        return setup.create_person(
            email=said["email"],
            name=said["name"],
            organisation=said["organisation"],
            role=said["role"],
        )


@admin.register(User)
class UserAdmin(ServiceAdmin):
    view_scope, write_scope = READ, WRITE
    form = PersonForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    city_path = "memberships__organisation__city"
    fields = ("email", "name", "organisation", "role")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).distinct()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        return ("email", "first_name", "last_name", "is_staff", "is_active", "language")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "organisation__city"
    list_display = ("user", "role", "organisation")
    list_filter = ("role",)
    list_select_related = ("user", "organisation")
    search_fields = ("user__email", "organisation__name")


@admin.register(Mandate)
class MandateAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "city"
    list_display = ("principal", "agent", "starts_at", "ends_at", "revoked_at")
    list_select_related = ("principal", "agent")
    search_fields = ("principal__name", "agent__name")


@admin.register(ApiClient)
class ApiClientAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "organisation__city"
    list_display = ("name", "client_id", "organisation", "active", "created")
    list_select_related = ("organisation",)
    search_fields = ("name", "client_id")
    fields = ("name", "client_id", "organisation", "scopes", "active", "created", "updated")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "city"
    list_display = ("url", "organisation", "active", "created_at")
    list_select_related = ("organisation",)
    fields = ("url", "organisation", "topics", "active", "failures", "resume_at", "created_at")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Whether news arrives; not what it says, which is its receiver's."""

    view_scope = READ
    city_path = "city"
    list_display = ("topic", "organisation", "state", "attempts", "at", "delivered_at")
    list_select_related = ("organisation",)
    list_filter = ("state", "topic")
    ordering = ("-at", "-id")
    fields = (
        "topic",
        "organisation",
        "state",
        "attempts",
        "at",
        "queued_at",
        "next_try_at",
        "delivered_at",
    )
