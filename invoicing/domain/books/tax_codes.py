"""Rates of value added tax: added, changed, and followed by their next version."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.formats import date_format

from catalog.models import TaxRate
from invoicing import book_errors as errors
from invoicing.domain.books.accounts import AccountBook
from invoicing.models import Invoice, InvoiceLine
from tenants import audit
from tenants.errors import AccountUnfit
from tenants.models import User

FIELDS = (
    "name", "code", "category", "percent", "revenue_account", "tax_account", "exemption_reason",
    "valid_from", "valid_to", "is_default",
)  # fmt: skip
# What a posted document was taxed by: another percentage is another version.
_FIXED = ("category", "percent")


@transaction.atomic
def save_rate(rate: TaxRate, *, actor: User | None) -> TaxRate:
    """Add it, or write what was changed. Without a revenue account a taxed rate takes the one of
    the usual rate."""
    if not rate.revenue_account:
        rate.revenue_account = _usual_account(rate)
    _refuse_unfit(rate)
    if rate._state.adding:
        rate.save(force_insert=True)
        audit.log("tax_rate.added", rate, actor=actor)
        return rate
    held: TaxRate = TaxRate.objects.select_for_update().get(pk=rate.pk)
    named = str(held)
    changes = audit.changes_to(held, {name: getattr(rate, name) for name in FIELDS})
    if any(name in changes for name in _FIXED) and is_posted_with(held):
        raise errors.RateIsPosted(rate=named)
    if "valid_from" in changes or "valid_to" in changes:
        _refuse_leaving_out(held)
    if changes:
        held.save(update_fields=list(changes))
        audit.log("tax_rate.changed", held, actor=actor, changes=changes)
    return held


@transaction.atomic
def next_version(
    rate: TaxRate, *, name: str, percent: Decimal, valid_from: date, actor: User | None
) -> TaxRate:
    """The rate ends the day before, and this one follows it under the same code."""
    rate = TaxRate.objects.select_for_update().get(pk=rate.pk)
    if rate.valid_from is not None and valid_from <= rate.valid_from:
        raise errors.VersionBeforeItsOwn(
            rate=rate, day=date_format(rate.valid_from, "SHORT_DATE_FORMAT")
        )
    following = TaxRate(
        name=name,
        code=rate.code or f"R{rate.pk}",
        category=rate.category,
        percent=percent,
        revenue_account=rate.revenue_account,
        tax_account=rate.tax_account,
        exemption_reason=rate.exemption_reason,
        valid_from=valid_from,
        valid_to=rate.valid_to,
        is_default=rate.is_default,
    )
    rate.code, rate.valid_to = following.code, valid_from - timedelta(days=1)
    save_rate(rate, actor=actor)
    try:
        following.full_clean()
    except ValidationError as invalid:
        raise errors.VersionUnfit(reason=" ".join(invalid.messages)) from None
    return save_rate(following, actor=actor)


@transaction.atomic
def delete_rate(rate: TaxRate, *, actor: User | None) -> None:
    """Only one that nothing refers to."""
    rate = TaxRate.objects.select_for_update().get(pk=rate.pk)
    if InvoiceLine.objects.filter(tax_rate=rate).exists():
        raise errors.RateIsUsed(rate=rate)
    audit.log("tax_rate.deleted", rate, actor=actor)
    try:
        with transaction.atomic():
            rate.delete()
    except ProtectedError:
        raise errors.RateIsUsed(rate=rate) from None


def is_posted_with(rate: TaxRate) -> bool:
    posted = InvoiceLine.objects.filter(tax_rate=rate, invoice__status=Invoice.Status.POSTED)
    return posted.exists()


def _refuse_leaving_out(rate: TaxRate) -> None:
    """Posted documents lie in its days: the books say what held then."""
    points = InvoiceLine.objects.filter(tax_rate=rate, invoice__status=Invoice.Status.POSTED)
    points = points.filter(invoice__corrects=None).order_by("invoice__tax_point")
    first, last = points.first(), points.last()
    for line in (first, last):
        if line is not None and not rate.is_valid_on(line.invoice.tax_point):
            raise errors.RatePostedOutside(
                document=line.invoice,
                day=date_format(line.invoice.tax_point, "SHORT_DATE_FORMAT"),
            )


def _refuse_unfit(rate: TaxRate) -> None:
    named = [rate.revenue_account, rate.tax_account]
    accounts = AccountBook(filter(None, named))
    refusal = accounts.refusal(rate.revenue_account, taxed_at=rate.percent)
    if refusal is not None:
        raise AccountUnfit(reason=str(refusal), field="revenue_account")
    if rate.percent and not rate.tax_account:
        raise errors.RateNeedsTaxAccount
    if rate.tax_account and (refusal := accounts.refusal(rate.tax_account)) is not None:
        raise AccountUnfit(reason=str(refusal), field="tax_account")


def _usual_account(rate: TaxRate) -> str:
    usual = TaxRate.objects.filter(is_default=True).order_by("-valid_from").first()
    if rate.category != TaxRate.Category.STANDARD or usual is None:
        raise errors.RateNeedsAccount
    return str(usual.revenue_account)
