"""Addresses outside any company: where people come back to who signed in at a system."""

from django.urls import path

from integrations.views import signing_in

urlpatterns = [
    path("open/accounting/sign-in/", signing_in.sign_in_back, name="sign_in_back"),
]
