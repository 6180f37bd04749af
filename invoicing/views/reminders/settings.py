"""The settings of reminders: terms by country with their levels, reference rates, texts."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import DateInput, NumberField, add_refusal, typed_number
from core.money import ZERO
from core.places import COUNTRIES as WORLD
from core.places import DocumentLanguage
from invoicing.domain.reminding.defaults import COUNTRIES, RATES, Level, Terms, half_year_of
from invoicing.domain.reminding.interest import rate_on
from invoicing.domain.reminding.terms import (
    EVERYWHERE_ELSE,
    TermsBook,
    enter_rate,
    is_rate_missing,
    remove_rate,
    reset_terms,
    save_terms,
    terms_book,
)
from invoicing.domain.reminding.words import LAST_WORDS, default_words, own_words
from invoicing.models import ReferenceArea, ReferenceRate, ReminderTerms
from invoicing.models.reminders import MOST_LEVELS
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.MANAGE_SETTINGS)
PAGE = "invoicing/reminders/settings.html"
OTHER = "other"
TEXT_LEVELS = range(1, LAST_WORDS + 1)


class RateForm(forms.Form):
    area = forms.ChoiceField(label=gettext_lazy("Reference rate"), choices=ReferenceArea.choices)
    valid_from = forms.DateField(
        label=gettext_lazy("From"),
        widget=DateInput,
        error_messages={
            "required": gettext_lazy("Enter the first day it holds."),
            "invalid": gettext_lazy("Enter a day that exists."),
        },
    )
    percent = NumberField(
        label=gettext_lazy("Percent"),
        min_value=-20,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        error_messages={"required": gettext_lazy("Enter the rate.")},
    )


class TermsForm(forms.Form):
    interest = forms.ChoiceField(
        label=gettext_lazy("Interest"), choices=ReminderTerms.Interest.choices
    )
    area = forms.ChoiceField(label=gettext_lazy("Reference rate"), choices=ReferenceArea.choices)
    consumer_points = NumberField(
        label=gettext_lazy("Points above it, consumers"), min_value=0, max_value=50,
        max_digits=5, decimal_places=2,
    )  # fmt: skip
    business_points = NumberField(
        label=gettext_lazy("Points above it, businesses"), min_value=0, max_value=50,
        max_digits=5, decimal_places=2,
    )  # fmt: skip
    lump_sum = NumberField(
        label=gettext_lazy("Lump sum, businesses"), min_value=0, max_digits=12, decimal_places=2,
        help_text=gettext_lazy("Once for each invoice."),
    )  # fmt: skip
    gap_days = forms.IntegerField(
        label=gettext_lazy("Days between two reminders"), min_value=0, max_value=365
    )
    pay_within_days = forms.IntegerField(
        label=gettext_lazy("Days to pay"), min_value=0, max_value=90
    )
    least_amount = NumberField(
        label=gettext_lazy("No reminders below"), min_value=0, max_digits=12, decimal_places=2
    )


class LevelForm(forms.Form):
    """One row of the table; without days it is no level."""

    days = forms.IntegerField(
        label=gettext_lazy("Days after the due date"), min_value=1, max_value=730, required=False
    )
    consumer_fee = NumberField(
        label=gettext_lazy("Fee, consumers"), min_value=0, max_digits=12, decimal_places=2,
        required=False,
    )  # fmt: skip
    business_fee = NumberField(
        label=gettext_lazy("Fee, businesses"), min_value=0, max_digits=12, decimal_places=2,
        required=False,
    )  # fmt: skip
    has_interest = forms.BooleanField(label=gettext_lazy("Interest"), required=False)
    has_lump_sum = forms.BooleanField(label=gettext_lazy("Lump sum"), required=False)


@require_GET
@EDIT
def reminder_settings(request: TenantRequest) -> HttpResponse:
    return _show(request, RateForm(initial={"valid_from": half_year_of(timezone.localdate())}))


@require_POST
@EDIT
def rate_new(request: TenantRequest) -> HttpResponse:
    form = RateForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    enter_rate(actor=request.user, **form.cleaned_data)
    messages.success(request, _("The rate is entered."))
    return redirect("invoicing:reminder_settings")


@require_POST
@EDIT
def reference_remove(request: TenantRequest, pk: int) -> HttpResponse:
    """What was sent keeps the rate it was sent with."""
    remove_rate(get_object_or_404(ReferenceRate, pk=pk), actor=request.user)
    messages.success(request, _("The rate is removed."))
    return redirect("invoicing:reminder_settings")


@require_http_methods(["GET", "POST"])
@EDIT
def terms_edit(request: TenantRequest, country: str) -> HttpResponse:
    key = _country(country)
    book = terms_book()
    terms = book.of(key)
    data = request.POST or None
    form = TermsForm(data, initial=_initial(terms), label_suffix="")
    levels = [
        LevelForm(data, prefix=f"level-{number}", initial=_level_initial(terms, number))
        for number in range(1, MOST_LEVELS + 1)
    ]
    if data is not None and all(one.is_valid() for one in (form, *levels)):
        typed = [one.cleaned_data for one in levels if one.cleaned_data.get("days")]
        try:
            save_terms(key, Terms(**form.cleaned_data, levels=_levels(typed)), actor=request.user)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The terms are saved."))
            return redirect("invoicing:reminder_settings")
    has_errors = bool(form.errors) or any(one.errors for one in levels)
    context = {
        "form": form,
        "levels": list(enumerate(levels, start=1)),
        "country": country,
        "name": _name(key),
        "is_own": key in book.own,
        "is_finland": key == "FI",
        "currency": book.currency,
        "tabs": settings_tabs(request.membership, "reminders"),
    }
    status = 422 if has_errors else 200
    return render(request, "invoicing/reminders/terms.html", context, status=status)


@require_POST
@EDIT
def terms_reset(request: TenantRequest, country: str) -> HttpResponse:
    reset_terms(_country(country), actor=request.user)
    messages.success(request, _("The program's own terms are used again."))
    return redirect("invoicing:reminder_settings")


def _show(request: TenantRequest, form: RateForm) -> HttpResponse:
    form.label_suffix = ""
    book, today = terms_book(), timezone.localdate()
    own_texts = own_words()
    countries = dict.fromkeys([*COUNTRIES, *sorted(filter(None, book.own)), EVERYWHERE_ELSE])
    context = {
        "form": form,
        "countries": [_told(book, key) for key in countries],
        "others": [(code, name) for code, name in WORLD if code not in countries],
        "areas": [_area(book, area, today) for area in ReferenceArea],
        "texts": [
            {
                "which": f"{level}-{language}",
                "level": level,
                "language": label,
                "is_own": (level, language) in own_texts,
                "subject": (
                    own_texts.get((level, language)) or default_words(level, language)
                ).subject,
            }
            for level in TEXT_LEVELS
            for language, label in DocumentLanguage.choices
        ],
        "tabs": settings_tabs(request.membership, "reminders"),
    }
    return render(request, PAGE, context, status=422 if form.errors else 200)


def _told(book: TermsBook, key: str) -> dict[str, Any]:
    return {
        "slug": key or OTHER,
        "name": _name(key),
        "terms": book.of(key),
        "interest": ReminderTerms.Interest(book.of(key).interest).label,
        "is_own": key in book.own,
    }


def _area(book: TermsBook, area: ReferenceArea, today: Any) -> dict[str, Any]:
    """Its rates, the latest first; own ones can be taken away again."""
    own = dict(ReferenceRate.objects.filter(area=area).values_list("valid_from", "pk"))
    rates = book.rates[area]
    return {
        "label": area.label,
        "rates": [(since, percent, own.get(since)) for since, percent in reversed(rates)],
        "now": rate_on(rates, today),
        "since": half_year_of(today),
        "is_missing": is_rate_missing(rates, today),
        "is_known": bool(RATES.get(area)),
    }


def _country(slug: str) -> str:
    if slug == OTHER:
        return EVERYWHERE_ELSE
    if slug not in dict(WORLD):
        raise Http404
    return slug


def _name(key: str) -> str:
    return str(dict(WORLD)[key]) if key else _("Every other country")


def _initial(terms: Terms) -> dict[str, Any]:
    numbers = ("consumer_points", "business_points", "lump_sum", "least_amount")
    return {
        **{name: typed_number(getattr(terms, name), least_places=2) for name in numbers},
        "interest": terms.interest,
        "area": terms.area,
        "gap_days": terms.gap_days,
        "pay_within_days": terms.pay_within_days,
    }


def _level_initial(terms: Terms, number: int) -> dict[str, Any]:
    level = next((one for one in terms.levels if one.number == number), None)
    if level is None:
        return {"has_interest": True}
    return {
        "days": level.days,
        "consumer_fee": typed_number(level.consumer_fee, least_places=2),
        "business_fee": typed_number(level.business_fee, least_places=2),
        "has_interest": level.has_interest,
        "has_lump_sum": level.has_lump_sum,
    }


def _levels(typed: list[dict[str, Any]]) -> tuple[Level, ...]:
    return tuple(
        Level(
            number=number,
            days=one["days"],
            consumer_fee=one["consumer_fee"] or ZERO,
            business_fee=one["business_fee"] or ZERO,
            has_interest=one["has_interest"],
            has_lump_sum=one["has_lump_sum"],
        )
        for number, one in enumerate(typed, start=1)
    )
