"""Pages outside tenants: which company to work in, language, appearance, one's own profile."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.context_processors import PAGE_LANGUAGES, THEMES
from core.root_urls import tenant_home
from tenants.forms import ProfileForm
from tenants.models import Membership, User

A_YEAR = 60 * 60 * 24 * 365


@require_GET
@login_required
def tenant_choose(request: HttpRequest) -> HttpResponse:
    """Who belongs to one company goes straight in; `?all` shows the list nevertheless.

    The menu of a company's pages asks for the names alone, and says where it is `here`.
    """
    memberships = list(
        Membership.objects.filter(user=_user(request), is_active=True, tenant__is_active=True)
        .select_related("tenant")
        .order_by("tenant__name", "tenant_id")
    )
    if "here" in request.GET:
        context = {"memberships": memberships, "here": request.GET["here"]}
        return render(request, "components/tenant_menu_companies.html", context)
    if len(memberships) == 1 and "all" not in request.GET:
        return redirect(tenant_home(memberships[0].tenant.slug))
    return render(request, "tenants/choose.html", {"memberships": memberships})


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language with the person, and in a cookie for the pages before signing in."""
    language = request.POST.get("language", "")
    response = redirect(_safe_next(request))
    if language not in dict(PAGE_LANGUAGES):
        return response
    if request.user.is_authenticated:
        User.objects.filter(pk=_user(request).pk).update(language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_POST
@login_required
def set_theme(request: HttpRequest) -> HttpResponse:
    """Called by the buttons in the user's menu, which have changed the page already."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponse(status=400)
    User.objects.filter(pk=_user(request).pk).update(theme=theme)
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=_user(request))
    if request.method == "POST" and form.is_valid():
        user = form.save()
        translation.activate(user.language)
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(
        request, "tenants/profile.html", {"form": form}, status=422 if form.errors else 200
    )


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if allowed else "/"
