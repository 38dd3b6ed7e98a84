from django.urls import path

from accounts.api import views

urlpatterns = [
    path("clock", views.ClockView.as_view(), name="clock"),
    path("me", views.MeView.as_view(), name="me"),
]
