"""The chart of accounts: laid out, changed, and read from a file."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product, TaxRate
from invoicing import book_errors as errors
from invoicing.domain.books.standard_charts import (
    SKR03,
    SKR04,
    SKR04_BY_SKR03,
    STANDARD_CHARTS,
    StandardAccount,
    StandardChart,
    charts_of,
)
from invoicing.models import Account, InvoiceLine, Posting, ProjectAccount
from tenants import audit
from tenants.models import Tenant, User
from tenants.rows import objects_where, rows_of
from tenants.scope import current_tenant_id

SETTINGS = tuple(SKR03.settings)
WRITTEN = ("number", "name", "kind", "automatic_percent", "is_active")


@transaction.atomic
def make_chart(tenant: Tenant) -> str:
    """Lay out the chart of its country, and whatever its rates and settings name beside it. Where
    none is known there is none: the company books on what its rates and settings say."""
    offered = charts_of(tenant.country)
    if offered and not Account.objects.exists():
        _lay_out(tenant, offered[0])
    return ""


def _lay_out(tenant: Tenant, chart: StandardChart | None) -> None:
    rows = {one.number: _account(one, tenant.language) for one in (chart.accounts if chart else ())}
    for rate in TaxRate.objects.order_by("-is_default", "pk"):
        _add(rows, rate.revenue_account, rate.name, Account.Kind.REVENUE)
        _add(rows, rate.tax_account, f"{_('VAT')} {rate.name}", Account.Kind.LIABILITY)
    for name in SETTINGS:
        field: Any = Tenant._meta.get_field(name)
        kind = _SETTING_KINDS.get(name, Account.Kind.ASSET)
        _add(rows, getattr(tenant, name), str(field.verbose_name).capitalize(), kind)
    for unnamed in unnamed_accounts():
        _add(rows, unnamed.number, _("Account %s") % unnamed.number, Account.Kind.REVENUE)
    Account.objects.bulk_create(rows.values())


_SETTING_KINDS = {
    "credit_account": Account.Kind.LIABILITY,
    "discount_account": Account.Kind.REVENUE,
    "bank_cost_account": Account.Kind.EXPENSE,
    "bad_debt_account": Account.Kind.EXPENSE,
}


def _add(rows: dict[str, Account], number: str, name: str, kind: Account.Kind) -> None:
    if number and number not in rows:
        rows[number] = Account(number=number, name=name[:100], kind=kind)


def _account(one: StandardAccount, language: str) -> Account:
    name = one.names.get(language) or next(iter(one.names.values()))
    return Account(
        number=one.number, name=name, kind=one.kind, automatic_percent=one.automatic_percent
    )


@transaction.atomic
def choose_chart(tenant: Tenant, key: str, *, actor: User | None) -> None:
    """Begin with this chart. Rates, settings and drafts follow while nothing is booked; later a
    company that has no chart still gets one, beside the accounts it books on."""
    chart = STANDARD_CHARTS.get(key)
    if chart is None or chart.country != tenant.country:
        raise errors.ChartUnknown
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    is_booked = Posting.objects.exists()
    if is_booked and Account.objects.exists():
        raise errors.AlreadyBooked
    if not is_booked:
        _rename_accounts(tenant, chart)
    Account.objects.all().delete()
    _lay_out(tenant, chart)
    audit.log("books.chart_chosen", tenant, actor=actor, chart=chart.name)


def _rename_accounts(tenant: Tenant, chart: StandardChart) -> None:
    """From one German chart to the other."""
    other = {SKR03.key: SKR04, SKR04.key: SKR03}.get(chart.key)
    if other is None or tenant.receivables_account != other.settings["receivables_account"]:
        return
    renamed = dict(SKR04_BY_SKR03)
    if other is SKR04:
        renamed = {new: old for old, new in renamed.items()}
    for rate in TaxRate.objects.all():
        rate.revenue_account = renamed.get(rate.revenue_account, rate.revenue_account)
        rate.tax_account = renamed.get(rate.tax_account, rate.tax_account)
        rate.save(update_fields=["revenue_account", "tax_account"])
    for old, new in _in_turn(renamed):
        InvoiceLine.objects.filter(account=old).update(account=new)
    for name in SETTINGS:
        setattr(tenant, name, renamed.get(getattr(tenant, name), getattr(tenant, name)))
    tenant.save(update_fields=list(SETTINGS))


def _in_turn(renamed: Mapping[str, str]) -> list[tuple[str, str]]:
    """No account is renamed to one that is still to be renamed: 1400 to 1200 after 1200 to 1800."""
    left, ordered = dict(renamed), []
    while left:
        old = next(one for one in left if left[one] not in left or left[one] == one)
        ordered.append((old, left.pop(old)))
    return ordered


@transaction.atomic
def save_account(account: Account, *, actor: User | None) -> Account:
    """Add it, or write what was changed; a number that is booked on stays."""
    if account._state.adding:
        account.save(force_insert=True)
        audit.log("account.added", account, actor=actor)
        return account
    held: Account = Account.objects.select_for_update().get(pk=account.pk)
    number, named, was_active = held.number, str(held), held.is_active
    changes = audit.changes_to(held, {name: getattr(account, name) for name in WRITTEN})
    if "number" in changes and is_booked_on(number):
        raise errors.NumberIsBookedOn(account=number)
    goes = "number" in changes or (was_active and not held.is_active)
    if goes and (users := users_of(number)):
        raise errors.AccountIsNamed(account=named, users=", ".join(users))
    if changes:
        held.save(update_fields=list(changes))
        audit.log("account.changed", held, actor=actor, changes=changes)
    return held


@transaction.atomic
def delete_account(account: Account, *, actor: User | None) -> None:
    """Only one that nothing names; one that is booked on can be taken out of use."""
    account = Account.objects.select_for_update().get(pk=account.pk)
    if is_booked_on(account.number):
        raise errors.NotDeletedBookedOn(account=account)
    if users := users_of(account.number):
        raise errors.AccountIsNamed(account=account, users=", ".join(users))
    audit.log("account.deleted", account, actor=actor)
    account.delete()


def is_booked_on(number: str) -> bool:
    return Posting.objects.filter(account=number).exists()


def users_of(number: str) -> list[str]:
    """What would still book on it: settings, tax rates, projects and products, in words."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    found = [
        f"{_('Settings')} ({Tenant._meta.get_field(name).verbose_name})"  # type: ignore[union-attr]
        for name in SETTINGS
        if getattr(tenant, name) == number
    ]
    for rate in TaxRate.objects.order_by("name"):
        if number in (rate.revenue_account, rate.tax_account):
            found.append(f"{_('tax rate')} {rate.name}")
    for rule in ProjectAccount.objects.filter(account=number).select_related("project")[:10]:
        found.append(f"{_('project')} {rule.project.name}")
    for product in Product.objects.filter(account=number, is_active=True)[:10]:
        found.append(f"{_('product')} {product}")
    return found


@dataclass(frozen=True)
class Unnamed:
    """A number that something books on though the chart does not know it."""

    number: str
    postings: int


def unnamed_accounts() -> list[Unnamed]:
    found = rows_of(
        """
        SELECT posting.account, count(*)
        FROM invoicing_posting posting
        WHERE posting.tenant_id = %(tenant)s AND NOT EXISTS (
            SELECT FROM invoicing_account account
            WHERE account.tenant_id = %(tenant)s AND account.number = posting.account
        )
        GROUP BY posting.account ORDER BY posting.account
        """
    )
    return [Unnamed(*row) for row in found]


def offered_accounts(kinds: Collection[str]) -> list[tuple[str, str]]:
    """In use, of these kinds or of all; nothing where the company has no chart."""
    rows = Account.objects.filter(is_active=True).order_by("number")
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return [(one.number, str(one)) for one in rows]


def refusal_of(number: str) -> str:
    """Why nothing can be booked on it, as a sentence; nothing where it can."""
    return str(AccountBook([number]).refusal(number) or "")


class AccountBook:
    """These accounts of the chart, read once for any number of documents. A company without a chart
    books on whatever its rates and settings say."""

    def __init__(self, numbers: Iterable[str]) -> None:
        # Any one tells in the same query that there is a chart.
        found = objects_where(
            Account,
            "(number = ANY(%(numbers)s) OR id ="
            " (SELECT id FROM invoicing_account WHERE tenant_id = %(tenant)s LIMIT 1))",
            numbers=list(set(numbers)),
        )
        self.by_number: dict[str, Account] = {one.number: one for one in found}
        self.has_chart = bool(self.by_number)

    def refusal(self, number: str, *, taxed_at: Decimal | None = None) -> Any:
        """Why nothing can be booked on it; `taxed_at` is the rate of the sale, 0 without tax."""
        if not self.has_chart:
            return None
        account = self.by_number.get(number)
        if account is None:
            return errors.AccountNotThere(account=number)
        if not account.is_active:
            return errors.AccountNotInUse(account=account)
        own = account.automatic_percent
        if taxed_at is not None and own is not None and own != taxed_at:
            return errors.AccountTaxesItself(
                account=account, own=f"{own.normalize():f}", percent=f"{taxed_at.normalize():f}"
            )
        return None
