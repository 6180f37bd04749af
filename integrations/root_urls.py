"""Addresses outside any company: where people come back to who signed in at a system, and where
systems tell of what happened there."""

from django.urls import path

from integrations.views import events, signing_in

urlpatterns = [
    path("open/accounting/events/<str:token>/", events.system_events, name="system_events"),
    path("open/accounting/sign-in/", signing_in.sign_in_back, name="sign_in_back"),
]
