"""The journal with its files, one entry, and the postings of one account."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from core.filters import DayRangeFilter
from core.lists import in_steps, is_list_request, order_by_request, page_of
from core.money import ZERO
from core.templatetags.figures import money
from invoicing.models import Account, JournalEntry, Posting
from invoicing.selectors.books.balances import (
    count_and_sum,
    currencies_on,
    postings_on,
    sum_of,
    with_balance,
)
from invoicing.selectors.books.journal import Booking, documents_of, journal_sums, shown_entries
from invoicing.views.books.filters import JournalFilter
from invoicing.views.list_parts import cells_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
SORTS = {"date": ["date", "number"], "number": ["number"], "text": ["text", "number"]}
DEFAULT_SORT = "-date"
FILE_STEP = 1000


@require_GET
@SEE
def journal(request: TenantRequest) -> HttpResponse:
    filter_set, found = _asked(request)
    refused = not filter_set.form.is_valid()
    sums = [] if refused else journal_sums(found)
    count = sum(one.entries for one in sums)
    page = page_of(request, found.none() if refused else found, count=count)
    context = {
        "filter": filter_set,
        "page": page,
        "rows": shown_entries(page, named=False),
        "sums": [money(one.debit, one.currency) for one in sums],
        "default_sort": DEFAULT_SORT,
        "may_open": request.membership.may(Permission.VIEW_INVOICE),
    }
    template = "invoicing/books/journal.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SEE
def journal_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """A row for each posting of what the filters let through."""
    filter_set, found = _asked(request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Entry"), _("Date"), _("Text"), _("Kind"), _("Documents"), _("Customer number"),
        _("Customer"), _("Account"), _("Account name"), _("Currency"), _("Debit"), _("Credit"),
        _("Written"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="journal",
        title=_("Journal"),
        head=head,
        count=lambda: Posting.objects.filter(entry__in=found.order_by().values("pk")).count(),
        rows=lambda: _file_rows(found),
    )


def _file_rows(entries: QuerySet[Any]) -> Iterator[list[Any]]:
    for step in in_steps(entries):
        found = JournalEntry.objects.in_bulk(step)
        for shown in shown_entries(found[key] for key in step if key in found):
            entry, customer = shown.entry, shown.customer
            for booking in shown.bookings:
                yield [
                    entry.number, entry.date, entry.text, shown.kind.label,
                    ", ".join(str(one) for one in shown.documents),
                    customer.number if customer else "", customer.name if customer else "",
                    booking.account, booking.name, entry.currency,
                    *_sides(booking, entry.currency), entry.created_at,
                ]  # fmt: skip


def _sides(booking: Booking, currency: str) -> list[Any]:
    return [
        "" if amount is None else cells_of(currency, amount)[0]
        for amount in (booking.debit, booking.credit)
    ]


def _asked(request: TenantRequest) -> tuple[JournalFilter, QuerySet[Any]]:
    filter_set = JournalFilter(request.GET, queryset=JournalEntry.objects.all(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


@require_GET
@SEE
def journal_entry(request: TenantRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(JournalEntry.objects.all(), pk=pk)
    (shown,) = shown_entries([entry])
    # Entries are numbered without a gap.
    beside = {
        one.number: one
        for one in JournalEntry.objects.filter(number__in=(entry.number - 1, entry.number + 1))
    }
    context = {
        "shown": shown,
        "may_see_books": True,
        "may_open": request.membership.may(Permission.VIEW_INVOICE),
        "before": beside.get(entry.number - 1),
        "after": beside.get(entry.number + 1),
    }
    return render(request, "invoicing/books/journal_entry.html", context)


class PostingFilter(django_filters.FilterSet):  # type: ignore[misc]
    date = DayRangeFilter(field_name="entry__date", label=gettext_lazy("Date"))
    currency = django_filters.CharFilter(
        label=gettext_lazy("Currency"), method="as_it_is", widget=forms.Select
    )

    class Meta:
        model = Posting
        fields: list[str] = []

    def as_it_is(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return queryset  # the postings are of one currency already


@require_GET
@SEE
def account_postings(request: TenantRequest, number: str) -> HttpResponse:
    """One account with its running balance, the first posting first."""
    account, currency, currencies, filter_set = _account_asked(request, number)
    refused = not filter_set.form.is_valid()
    found = filter_set.qs.none() if refused else filter_set.qs
    opening = _opening(number, currency, filter_set)
    count, moved = count_and_sum(found)
    page = page_of(request, with_balance(found), per_page=100, count=count)
    documents = documents_of([posting.entry for posting in page])
    context = {
        "number": number,
        "account": account,
        "currency": currency,
        "currencies": currencies,
        "filter": filter_set,
        "page": page,
        "rows": [
            (
                row,
                Booking(number, "", row.amount),
                opening + row.running,
                documents[row.entry_id],
            )
            for row in page
        ],
        "opening": opening,
        "moved": moved,
        "closing": opening + moved,
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
        "may_open": request.membership.may(Permission.VIEW_INVOICE),
    }
    template = "invoicing/books/account_postings.html"
    template += "#list" if is_list_request(request) else ""
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SEE
def account_postings_export(request: TenantRequest, number: str, kind: str) -> HttpResponseBase:
    _account, currency, _currencies, filter_set = _account_asked(request, number)
    if not filter_set.form.is_valid():
        return refuse_filters()
    opening = _opening(number, currency, filter_set)

    def rows() -> Iterator[list[Any]]:
        for row in with_balance(filter_set.qs).iterator(chunk_size=FILE_STEP):
            booking = Booking(number, "", row.amount)
            balance = cells_of(currency, opening + row.running)
            yield [
                row.entry.date, row.entry.number, row.entry.text, currency,
                *_sides(booking, currency), *balance,
            ]  # fmt: skip

    return list_file(
        request,
        kind,
        name=f"account-{number}",
        title=_("Account %s") % number,
        head=[
            _("Date"),
            _("Entry"),
            _("Text"),
            _("Currency"),
            _("Debit"),
            _("Credit"),
            _("Balance"),
        ],
        count=filter_set.qs.count,
        rows=rows,
    )


def _account_asked(
    request: TenantRequest, number: str
) -> tuple[Account | None, str, list[str], PostingFilter]:
    """An account that is booked on though the chart does not name it has a page as well."""
    account: Account | None = Account.objects.filter(number=number).first()
    currencies = currencies_on(number)
    if account is None and not currencies:
        raise Http404
    asked = request.GET.get("currency", "")
    own = request.tenant.currency
    usual = own if own in currencies or not currencies else currencies[0]
    currency = asked if asked in currencies else usual
    filter_set = PostingFilter(request.GET, queryset=postings_on(number, currency), request=request)
    field: Any = filter_set.form.fields["currency"]
    field.widget.choices = [(code, code) for code in currencies or [own]]
    if len(currencies) < 2:
        del filter_set.form.fields["currency"]
    return account, currency, currencies, filter_set


def _opening(number: str, currency: str, filter_set: PostingFilter) -> Any:
    """What stood on it before the first day asked for."""
    days = filter_set.form.cleaned_data.get("date") if filter_set.form.is_valid() else None
    if not days or days.start is None:
        return ZERO
    return sum_of(postings_on(number, currency).filter(entry__date__lt=days.start))
