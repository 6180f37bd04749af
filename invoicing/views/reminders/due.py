"""What is to be reminded of today: who gets which level, with amounts, ticked and sent."""

import re
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.filters import SearchInput
from core.lists import is_list_request, sorted_as_asked
from core.money import CURRENCIES, ZERO
from invoicing.domain.reminding.defaults import half_year_of
from invoicing.domain.reminding.proposing import Proposal, Standing, proposals
from invoicing.domain.reminding.terms import is_rate_missing, terms_book
from invoicing.domain.sending.runs import start_reminder_run
from invoicing.models import ReferenceArea
from invoicing.views.posting import leave
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from tenants.sent_forms import token_of

# Of all customers, so it takes seeing all invoices.
SEE = permission_required(Permission.VIEW_INVOICE)
REMIND = permission_required(Permission.SEND_REMINDERS)
PAGE = "invoicing/reminders/due.html"
_SHOWN = re.compile(r"([0-9]{1,18}):([1-9]):([0-9]{1,15}(?:\.[0-9]{1,3})?)")
# What a person can be shown at once, and a browser sends back.
MOST = 500
SORTS: dict[str, Any] = {
    "customer": lambda one: (one.invoice.billing_name.casefold(), one.invoice.due_date),
    "number": lambda one: one.invoice.pk,
    "late": lambda one: one.days_late,
    "level": lambda one: (one.level, one.days_late),
    "open": lambda one: one.open_amount,
    "total": lambda one: one.total,
}
DEFAULT_SORT = "-late"


class DueForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=SearchInput)
    show = forms.ChoiceField(
        label=_("Shown"),
        required=False,
        choices=[("", Standing.DUE.label), *(one for one in Standing.choices if one[0] != "due")],
    )
    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        choices=[("", _("All")), *((str(number), str(number)) for number in range(1, 6))],
    )
    currency = forms.ChoiceField(
        label=_("Currency"), required=False, choices=[("", _("All")), *CURRENCIES]
    )


class DueFilter:
    """The query as it was understood; `filter.form` is what the filter bar prints."""

    def __init__(self, query: QueryDict) -> None:
        self.form = DueForm(query)
        self.is_valid = self.form.is_valid()
        cleaned = self.form.cleaned_data
        self.standing = cleaned.get("show") or Standing.DUE
        self.level: str = cleaned.get("level") or ""
        self.currency: str = cleaned.get("currency") or ""
        self.words: list[str] = (cleaned.get("q") or "").casefold().split()

    def narrow(self, found: list[Proposal]) -> list[Proposal]:
        return [one for one in found if self._fits(one)]

    def _fits(self, one: Proposal) -> bool:
        if one.standing != self.standing or self.level not in ("", str(one.level)):
            return False
        invoice = one.invoice
        if self.currency not in ("", invoice.currency):
            return False
        text = f"{invoice.number} {invoice.billing_name} {invoice.customer.number}".casefold()
        return all(word in text for word in self.words)


@require_http_methods(["GET", "POST"])
@REMIND
@SEE
def reminders(request: TenantRequest) -> HttpResponse:
    """The list; what is ticked in it is sent in a run of its own."""
    if request.method == "GET":
        return _show(request)
    try:
        run = start_reminder_run(
            list(_ticked(request)),
            on=timezone.localdate(),
            token=token_of(request.POST.get("token", "")) or uuid4(),
            actor=request.user,
        )
    except DomainError as refused:
        return _show(request, refusal=refused)
    return leave(request, reverse("invoicing:sending_run", args=[run.pk]))


def _ticked(request: TenantRequest) -> Any:
    """Each as it was shown: `7:2:125.50` is the second level of invoice 7 over 125.50."""
    for typed in request.POST.getlist("pk")[:MOST]:
        if shown := _SHOWN.fullmatch(typed):
            yield int(shown[1]), int(shown[2]), Decimal(shown[3])


def _show(request: TenantRequest, *, refusal: DomainError | None = None) -> HttpResponse:
    today = timezone.localdate()
    asked = DueFilter(request.GET)
    book = terms_book(request.tenant)
    every = proposals(today, book=book)
    found = sorted_as_asked(
        asked.narrow(every), request.GET.get("sort", ""), SORTS, default=DEFAULT_SORT
    )
    counts = Counter(one.standing for one in every)
    context = {
        "filter": asked,
        "rows": found[:MOST],
        "is_cut": len(found) > MOST,
        "sums": _sums(found),
        "tabs": [
            {
                "label": standing.label,
                "count": counts[standing],
                "query": "" if standing == Standing.DUE else f"show={standing.value}",
                "active": standing == asked.standing,
            }
            for standing in Standing
            if counts[standing] or standing in (Standing.DUE, asked.standing)
        ],
        "is_due": asked.standing == Standing.DUE,
        "without_address": sum(not one.email for one in found),
        "missing_rates": [
            ReferenceArea(area).label
            for area in {book.of(one.invoice.billing_country).area for one in every}
            if is_rate_missing(book.rates[area], today)
        ],
        "rates_since": half_year_of(today),
        "today": today,
        "token": uuid4(),
        "refusal": str(refusal) if refusal else "",
        "default_sort": DEFAULT_SORT,
        "may_change": request.membership.may(Permission.MANAGE_SETTINGS),
    }
    status = 422 if refusal or not asked.is_valid else 200
    template = PAGE + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=status)


def _sums(found: list[Proposal]) -> list[dict[str, Any]]:
    """By currency: what is open, and what is asked for beside it."""
    sums: dict[str, dict[str, Any]] = {}
    for one in found:
        row = sums.setdefault(
            one.invoice.currency,
            {"currency": one.invoice.currency, "count": 0, "open": ZERO, "fees": ZERO,
             "interest": ZERO, "total": ZERO},
        )  # fmt: skip
        row["count"] += 1
        row["open"] += one.open_amount
        row["fees"] += one.fees
        row["interest"] += one.interest
        row["total"] += one.total
    return sorted(sums.values(), key=lambda row: -row["total"])
