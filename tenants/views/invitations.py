"""The page behind the link of an invitation, for people with and without an account."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.context_processors import PAGE_LANGUAGES
from core.root_urls import root_reverse, tenant_home
from tenants.domain import invitations
from tenants.errors import InvitationForSomebodyElse, InvitationRefused
from tenants.forms import AcceptInvitationForm
from tenants.models import Membership, User

PAGE = "tenants/invitation.html"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        member = invitations.open_invitation(token)
    except InvitationRefused as refused:
        return render(request, PAGE, {"error": refused}, status=400)
    if isinstance(request.user, User):
        return _for_user(request, token, member)
    if invitations.account_for(member) is not None:
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{root_reverse('account_login')}?{query}")
    return _for_newcomer(request, token, member)


def _for_user(request: HttpRequest, token: str, member: Membership) -> HttpResponse:
    assert isinstance(request.user, User)
    context: dict[str, object] = {"member": member}
    account = invitations.account_for(member)
    if account is None or account.pk != request.user.pk:
        context["error"] = InvitationForSomebodyElse(
            invited=member.email, present=request.user.email
        )
        context["can_sign_out"] = True
        return render(request, PAGE, context, status=422 if request.method == "POST" else 200)
    if request.method == "POST":
        try:
            joined = invitations.accept_as_user(token, user=request.user)
        except InvitationRefused as refused:
            return render(request, PAGE, {**context, "error": refused}, status=422)
        return _welcome(request, joined)
    return render(request, PAGE, context)


def _for_newcomer(request: HttpRequest, token: str, member: Membership) -> HttpResponse:
    initial = {"name": "" if member.name == member.email else member.name}
    form = AcceptInvitationForm(request.POST or None, email=member.email, initial=initial)
    if request.method == "POST" and form.is_valid():
        language = translation.get_language() or "en"
        try:
            joined = invitations.accept_as_new_user(
                token,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                language=language if language in dict(PAGE_LANGUAGES) else "en",
            )
        except InvitationRefused as refused:
            return render(request, PAGE, {"error": refused}, status=422)
        login(request, joined.user, backend="django.contrib.auth.backends.ModelBackend")
        return _welcome(request, joined)
    context = {"member": member, "form": form}
    return render(request, PAGE, context, status=422 if form.errors else 200)


def _welcome(request: HttpRequest, member: Membership) -> HttpResponse:
    messages.success(request, _("Welcome to %(tenant)s.") % {"tenant": member.tenant.name})
    return redirect(tenant_home(member.tenant.slug))
