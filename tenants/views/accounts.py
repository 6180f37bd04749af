"""The one page of allauth's that is stricter here: which address is the primary one."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.forms import text_of
from tenants.models import User


class OwnEmailView(EmailView):  # type: ignore[misc]
    """The primary address is the name to sign in with and the one invitations find: it has to be
    proved, and nobody else's account may go by it. allauth lets an account without any proved
    address take whatever is typed."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "action_primary" in request.POST and (refusal := self._refusal(request)):
            messages.error(request, refusal)
            return redirect("account_email")
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def _refusal(self, request: HttpRequest) -> str:
        user, asked = request.user, text_of(request, "email")
        if not isinstance(user, User):
            return ""  # The view sends them to the sign-in.
        own = EmailAddress.objects.filter(user=user, email__iexact=asked)
        if not own.filter(verified=True).exists():
            return _("Confirm this address first: open the link in the e-mail we sent there.")
        if User.objects.filter(email__iexact=asked).exclude(pk=user.pk).exists():
            return _(
                "Another account goes by this address. Sign in there, or ask those who run this"
                " installation."
            )
        return ""
