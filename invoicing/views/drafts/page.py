"""The form of one draft as a page: put together, and answered again when something is refused."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import TaxRate
from core.errors import DomainError
from core.lists import page_of
from core.money import ZERO
from core.templatetags.figures import figure
from core.templatetags.ui import icon_body
from invoicing import errors
from invoicing.documents.glyphs import missing_letters
from invoicing.documents.long_papers import trouble_of
from invoicing.domain import four_eyes
from invoicing.domain.amounts import TaxGroup, Totals
from invoicing.domain.editing import LineEdit
from invoicing.domain.line_editing import state_of
from invoicing.models import DocumentTemplate, Invoice, InvoiceLine, PrepaidHours
from invoicing.numbers_elsewhere import giver
from invoicing.selectors.compose_preview import additions_of
from invoicing.selectors.long_documents import (
    LINES_PER_PAGE,
    lines_with,
    size_of,
    with_size,
    words_in,
)
from invoicing.selectors.prepaid import left_of, prepaid_sold_on
from invoicing.selectors.service_orders import orders_of
from invoicing.selectors.visible import may_edit_draft
from invoicing.templating.choosing import chosen_of
from invoicing.views.drafts.forms import DraftForm
from invoicing.views.drafts.line_book import LineBook, Row, product_search_for, sums_are_absurd
from invoicing.views.drafts.merging import base_of
from invoicing.views.drafts.presence import POLL_SECONDS
from invoicing.views.drafts.refusals import mark_head, mark_lines
from invoicing.views.drafts.steps import drafts_url, steps_from
from tenants.access import TenantRequest
from tenants.roles import Permission

# Marks a form that has only the head: its lines are stored and stay as they are.
LINES_APART = "lines_apart"
_LINES: dict[type[DomainError], Any] = {
    errors.InvoiceHasNoLines: gettext_lazy("An invoice needs a line with an amount. Add one."),
}


class DraftPage:
    """One request's view of one draft."""

    def __init__(self, request: TenantRequest, draft: Invoice) -> None:
        self.request = request
        self.draft = draft
        self.size = size_of(draft)
        # What such a form was made from counts: a line may have been taken off since.
        self.is_long = LINES_APART in request.POST or self.size.is_long
        self.book = LineBook(draft, lines=[] if self.is_long else None)
        self.lines_error = ""
        self.may_edit = may_edit_draft(request.membership, draft)

    def form(self, data: QueryDict | None = None) -> DraftForm:
        form = DraftForm(
            data,
            instance=self.draft,
            membership=self.request.membership,
            tenant=self.request.tenant,
            has_hours=self.size.has_hours or self.size.has_charges,
        )
        if data is not None:
            self.book.price_in(data.get("currency", ""))
        return form

    def typed_rows(self, data: QueryDict) -> list[Row]:
        """None of a long draft: its form has the head only."""
        if self.is_long:
            return []
        rows, self.lines_error = self.book.typed_rows(data)
        return rows

    def edits(self, rows: Iterable[Row]) -> list[LineEdit] | None:
        """What `save_draft` wants; None leaves the lines alone."""
        return None if self.is_long else [row.edit() for row in rows if not row.is_untouched]

    def is_sound(self, form: DraftForm, rows: Sequence[Row]) -> bool:
        if not self.lines_error and sums_are_absurd(self.book.totals(rows)):
            self.lines_error = _("The sum is larger than an invoice can hold. Correct a line.")
        wrong = any(row.errors for row in rows)
        return form.is_valid() and not wrong and not self.lines_error

    def hours_to_free(self, rows: Iterable[Row]) -> list[int]:
        """Lines with hours that the form does not have any more."""
        kept = {row.pk for row in rows}
        return [pk for pk in self.book.hours if pk not in kept]

    def show(
        self, form: DraftForm, rows: list[Row], *, status: int = 200, **more: Any
    ) -> HttpResponse:
        """The whole page. A form that was sent comes back as it came."""
        draft, data = self.draft, form.data if form.is_bound else {}
        base = more.pop("base", None) or data.get("base") or base_of(draft, form, rows)
        version = more.pop("version", None) or data.get("version") or draft.version
        if not rows and self.may_edit and not self.is_long:
            rows = [self.book.blank_row("n1")]
        may = self.request.membership.may
        context = {
            "draft": draft,
            "form": form,
            "is_long": self.is_long,
            "lines_apart": LINES_APART,
            "has_tax_rate": bool(self.book.rates.all),
            "lines_error": self.lines_error,
            "wrong_lines": sum(bool(row.errors) for row in rows),
            "base": base,
            "version": version,
            "may_edit": self.may_edit,
            "may_post": may(Permission.POST_INVOICE) and not draft.number_giver,
            "post_refusal": self._post_refusal(),
            "may_discard": self.may_edit,
            "poll_seconds": POLL_SECONDS,
            "has_hours": self.size.has_hours,
            "has_work": self.size.has_work,
            "drafts_url": drafts_url(self.request),
            "steps": steps_from(self.request, draft),
            "boxes": missing_letters(self._written()),
            "additions": additions_of(draft),
            "orders": orders_of(draft, self.request.membership) if self.size.has_work else [],
            "prepaid_minutes": self._prepaid_left(),
            "systems_url": systems_url(draft),
            "paper_trouble": self._paper_trouble(),
            "giver": giver() if may(Permission.POST_INVOICE) else None,
            **(self._long_context() if self.is_long else self._rows_context(rows)),
            **more,
        }
        return render(self.request, "invoicing/draft_edit.html", context, status=status)

    def _written(self) -> Iterator[str]:
        """What others wrote, in letters that perhaps no font of ours has."""
        for name in _WRITTEN:
            yield getattr(self.draft, name)
        for line in self.book.stored:
            yield line.text

    def _paper_trouble(self) -> str:
        """Asked for only where there may be so many rows."""
        draft = self.draft
        if not self.is_long and not (draft.has_work_report and self.size.has_work):
            return ""
        kind = chosen_of(draft).kind if self.is_long else ""
        return trouble_of(draft, lines=self.size.lines, kind=kind)

    def _prepaid_left(self) -> int:
        """What the customer has paid in advance and could be drawn instead of these hours."""
        draft: Any = self.draft
        if not (self.size.has_hours and draft.has_prepaid):
            return 0
        first_day = draft.service_start_date or draft.issue_date
        return left_of(draft.customer_id, self.request.membership, first_day)

    def show_lines(self) -> HttpResponse:
        """Only the lines of a long draft, for htmx."""
        context = {
            "draft": self.draft,
            "may_edit": self.may_edit,
            "is_swap": True,
            **self._long_context(),
        }
        return render(self.request, "invoicing/draft_long_rows.html", context)

    def _long_context(self) -> dict[str, Any]:
        """A page of the lines, those that were searched for, and the stored sums of all of them."""
        words = words_in(self.request.GET.get("q", ""))
        found = lines_with(self.draft.lines.select_related("tax_rate"), words)
        count = None if words else self.size.lines
        page = page_of(self.request, found, per_page=LINES_PER_PAGE, count=count)
        book = LineBook(self.draft, lines=page.object_list, rates=self.book.rates)
        rows = book.stored_rows()
        states = map(state_of, book.stored)
        return {
            "page": page,
            "lines": list(zip(book.stored, rows, states, strict=True)),
            "asked": " ".join(words),
            "found_net": found.aggregate(net=Sum("net", default=ZERO))["net"] if words else None,
            **stored_totals(self.draft),
        }

    def _rows_context(self, rows: list[Row]) -> dict[str, Any]:
        return {
            "rows": rows,
            "patterns": [self.book.blank_row("__key__", kind) for kind in InvoiceLine.Kind.values],
            "symbols": line_symbols(),
            "product_search": product_search_for(self.draft),
            "accounts": self.book.accounts,
            **totals_context(self.book, rows),
        }

    def _post_refusal(self) -> DomainError | None:
        """Why the button is off for this person, where two have to look at each draft."""
        request = self.request
        if not request.membership.may(Permission.POST_INVOICE) or self.draft.number_giver:
            return None
        found = four_eyes.refusals([self.draft], tenant=request.tenant, actor=request.user)
        return found.get(self.draft.pk)

    def refuse(self, refusal: DomainError, form: DraftForm, rows: list[Row]) -> HttpResponse:
        """The form as it came, with the reason where it belongs."""
        more: dict[str, Any] = {}
        if isinstance(refusal, errors.HoursWouldBeFreed):
            more = {"freed": self.hours_to_free(rows), "freed_words": str(refusal)}
        elif isinstance(refusal, (errors.InvoiceHasNoLines, errors.GrossNegative)):
            self.lines_error = str(_LINES.get(type(refusal), refusal))
        elif not (mark_head(refusal, form) or mark_lines(refusal, form, rows)):
            form.add_error(None, str(refusal))
        return self.show(form, rows, status=422, **more)


_WRITTEN = (
    "billing_name", "billing_street", "billing_city", "delivery_name", "delivery_street",
    "delivery_city", "contact_name", "order_reference", "contract_reference", "buyer_reference",
    "comment",
)  # fmt: skip


def line_symbols() -> dict[str, SafeString]:
    """Drawn once, shown on every line."""
    names = {"grip": "grip-vertical", "clock": "clock", "x": "x", "package": "package"}
    return {name: SafeString(icon_body(icon)) for name, icon in names.items()}


def totals_context(book: LineBook, rows: Sequence[Row]) -> dict[str, Any]:
    """Sums by tax rate, and what stands at each line, for `draft_totals.html`."""
    sums = book.totals(rows)
    names: Mapping[tuple[str, Any], str] = {
        (rate.category, rate.percent): str(rate.get_category_display()) for rate in book.rates.all
    }
    shown = {
        row.key: {"net": figure(row.net, book.currency), "differs": row.differs}
        for row in rows
        if not row.is_text
    }
    return {
        "sums": sums,
        "groups": [
            (group, names.get((group.category, group.percent), "")) for group in sums.groups
        ],
        "currency": book.currency,
        "uncounted": sum(not (row.is_text or row.is_untouched or row.is_counted) for row in rows),
        "line_figures": json.dumps(shown, ensure_ascii=False),
    }


def stored_totals(draft: Invoice) -> dict[str, Any]:
    taxes = [
        (
            TaxGroup(tax.category, tax.percent, tax.taxable, tax.tax),
            TaxRate.Category(tax.category).label,
        )
        for tax in draft.taxes.all()
    ]
    return {
        "sums": Totals(
            draft.net_total, draft.tax_total, draft.gross_total, tuple(tax for tax, _name in taxes)
        ),
        "groups": taxes,
        "currency": draft.currency,
        "uncounted": 0,
        "line_figures": "{}",
    }


def systems_url(draft: Invoice) -> str:
    """Where the room that exports says what becomes of a draft; nothing without that room."""
    try:
        return reverse("integrations:draft_systems", args=[draft.pk])
    except NoReverseMatch:
        return ""


def document_url(invoice: Invoice) -> str:
    return reverse("invoicing:invoice_detail", args=[invoice.pk])


def with_people(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return invoices.select_related("customer", "project", "changed_by", "posted_by")


def for_page(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """As `DraftPage` wants them."""
    bought = PrepaidHours.objects.filter(customer=OuterRef("customer"))
    cancelled = Invoice.objects.filter(customer=OuterRef("customer"), is_cancellation=True)
    return with_size(with_people(invoices)).annotate(
        has_cancelled=Exists(cancelled.filter(status=Invoice.Status.POSTED)),
        prepaid=prepaid_sold_on(OuterRef("pk")),
        has_prepaid=Exists(bought),
        has_templates=Exists(DocumentTemplate.objects.filter(is_active=True)),
    )
