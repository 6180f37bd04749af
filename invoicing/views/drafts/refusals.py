"""Where in the form a refusal is mended."""

from collections.abc import Iterable, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.models import TaxRate
from core.errors import DomainError
from invoicing import book_errors, errors
from invoicing.domain.books.accounts import AccountBook
from invoicing.views.drafts.forms import BILLING, DraftForm
from invoicing.views.drafts.line_book import Row


def mark_head(refusal: DomainError, form: DraftForm) -> bool:
    """Tell whether it was about fields of the head, which then say so."""
    if isinstance(refusal, errors.EditingRefused) and refusal.field in form.fields:
        form.add_error(refusal.field, str(refusal))
    elif isinstance(refusal, book_errors.DocumentMonthClosed) and "tax_point" in form.fields:
        form.add_error("tax_point", str(refusal))
    elif isinstance(refusal, errors.BuyerAddressMissing):
        for name in BILLING[:4]:
            if not form.cleaned_data.get(name):
                form.add_error(name, _("Needed on the invoice. Enter it."))
    elif isinstance(refusal, errors.BuyerVatIdMissing):
        form.add_error(
            "buyer_vat_id",
            _("Needed, because no VAT is charged to a business elsewhere. Enter it."),
        )
    else:
        return False
    return True


def mark_lines(refusal: DomainError, form: DraftForm, rows: Sequence[Row]) -> bool:
    """Tell whether it was about lines, which then say so."""
    if isinstance(refusal, errors.TaxRateNotValid):
        day = form.cleaned_data["tax_point"]
        wrong = [row for row in rows if row.rate and not row.rate.is_valid_on(day)]
        sentence = _("%(rate)s is not valid on %(day)s, the tax point. Choose another.")
        for row in wrong:
            row.errors["tax_rate"] = sentence % {
                "rate": row.rate,
                "day": date_format(day, "SHORT_DATE_FORMAT"),
            }
        return bool(wrong)
    if isinstance(refusal, errors.AccountMissing):
        return _mark_accounts(rows)
    if isinstance(refusal, book_errors.AccountUnfit):
        return _mark_unfit_accounts(rows)
    return False


def _mark_unfit_accounts(rows: Sequence[Row]) -> bool:
    named = [
        (row, row.values.get("account") or row.rate.revenue_account, row.rate.percent)
        for row in rows
        if row.rate is not None
    ]
    accounts = AccountBook(account for _row, account, _percent in named)
    marked = False
    for row, account, percent in named:
        if refusal := accounts.refusal(account, taxed_at=percent):
            row.errors["account"] = str(refusal)
            marked = True
    return marked


def _mark_accounts(rows: Iterable[Row]) -> bool:
    marked = False
    for row in rows:
        rate: TaxRate | None = row.rate
        if rate is None:
            continue
        if rate.percent and not rate.tax_account:
            row.errors["tax_rate"] = _("This rate lacks an account for its tax. Add it there.")
            marked = True
        if not (row.values.get("account") or rate.revenue_account):
            row.errors["account"] = _("Enter an account.")
            marked = True
    return marked
