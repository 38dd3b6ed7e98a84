"""The rival of the intake benchmark: the usual endpoint, with serializers, on the same write.

It checks the members that the benchmark's positions have, less than our door checks.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
django.setup(set_prefix=False)

import msgspec
from django.conf import settings
from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response

from accounts import scopes
from carriers.messages import CarrierEvent
from carriers.services import intake
from foundation.api.views import HubView


class VehicleSerializer(serializers.Serializer[Any]):
    vehicle_id = serializers.CharField(max_length=68)


class PlaceSerializer(serializers.Serializer[Any]):
    lat = serializers.FloatField(min_value=-90, max_value=90)
    lng = serializers.FloatField(min_value=-180, max_value=180)
    accuracy_m = serializers.FloatField(min_value=0, required=False)
    speed_mps = serializers.FloatField(min_value=0, required=False)
    heading_deg = serializers.FloatField(min_value=0, max_value=360, required=False)


class EventSerializer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    event_type = serializers.ChoiceField(choices=["telemetry.position"])
    classifier = serializers.ChoiceField(choices=["actual"])
    carrier_id = serializers.CharField(max_length=68)
    occurred_at = serializers.DateTimeField()
    vehicle = VehicleSerializer()
    place = PlaceSerializer()


class SerializedEventsView(HubView):
    """Events through serializers."""

    scope = scopes.EVENTS_WRITE

    def post(self, request: Any) -> Response:
        given = EventSerializer(data=request.data, many=True)
        given.is_valid(raise_exception=True)
        items = [
            msgspec.convert({**one, "event_id": str(one["event_id"])}, CarrierEvent)
            for one in given.validated_data
        ]
        result = intake.take_items(actor=self.actor, items=items, now=self.now)
        return Response(msgspec.to_builtins(result))


urlpatterns = [
    path("api/v1/events", SerializedEventsView.as_view()),
    path("", include("cityhub.urls")),
]
settings.ROOT_URLCONF = __name__

from cityhub.asgi import application  # noqa: F401
