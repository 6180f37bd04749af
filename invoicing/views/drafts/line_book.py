"""The lines of a draft's form: read from what was typed, checked, priced, and written back.

No formset: three hundred lines are read while somebody types, and a form for each of them would
take most of the time. The fields are made once and shared.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate
from catalog.selectors import revenue_accounts
from core.forms import NumberField, typed_number
from core.money import CURRENCIES, ZERO
from invoicing.domain.amounts import Totals, line_net, totals
from invoicing.domain.editing import LineEdit
from invoicing.domain.following import Share, following, share_of, siblings_of
from invoicing.domain.lines import MOST_TOTAL, RateSum, TaxRates
from invoicing.errors import NoTaxRate
from invoicing.models import Invoice, InvoiceLine, Unit
from invoicing.selectors import long_documents
from invoicing.selectors.drafts import LineHours, work_of_lines
from invoicing.views.drafts.forms import whole
from tenants import books

FIELDS = (
    "text", "quantity", "unit", "unit_price", "discount_percent", "tax_rate", "account", "product",
    "start_date", "end_date",
)  # fmt: skip
# A line's own id, or n1, n2 ... for lines the draft does not have yet.
_KEY = re.compile(r"n?[0-9]{1,15}")
_NO_NUMBER = _("Enter a number, like 1.5 or 1,5.")
_UNREADABLE = _("Some lines of this form could not be read. Reload the page and try again.")
_TOO_MANY = _("An invoice has at most %(most)s lines here. Divide it.")


class _AccountField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(required=False, max_length=10)


class _DayField(forms.DateField):
    """As the browser's own field sends it; a line may be without."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": _("Enter a day that exists, or none.")},
        )


_SHARED: dict[str, forms.Field] = {
    "text": forms.CharField(
        max_length=500,
        error_messages={"required": _("Say what is invoiced, or delete the line.")},
    ),
    "quantity": NumberField(
        decimal_places=6,
        min_value=0,
        max_value=1_000_000,
        error_messages={
            "required": _("Enter a quantity."),
            "invalid": _NO_NUMBER,
            "min_value": _("A quantity cannot be negative. A credit note takes something back."),
            "max_value": _("Enter a quantity up to 1,000,000."),
            "max_decimal_places": _("A quantity has at most 6 decimal places. Round it."),
        },
    ),
    "unit_price": NumberField(
        decimal_places=6,
        min_value=0,
        max_value=100_000_000,
        error_messages={
            "required": _("Enter a price; 0 if it is free."),
            "invalid": _NO_NUMBER,
            "min_value": _("A price cannot be negative. Give a discount instead."),
            "max_value": _("Enter a price up to 100,000,000."),
            "max_decimal_places": _("A price has at most 6 decimal places. Round it."),
        },
    ),
    "discount_percent": NumberField(
        required=False,
        decimal_places=2,
        min_value=-100,
        max_value=100,
        error_messages={
            "invalid": _NO_NUMBER,
            "min_value": _("Enter a surcharge of at most 100 percent: -100."),
            "max_value": _("Enter a discount of at most 100 percent."),
            "max_decimal_places": _("A discount has at most 2 decimal places. Round it."),
        },
    ),
    "unit": forms.ChoiceField(
        choices=Unit.choices,
        error_messages={
            "required": _("Choose a unit."),
            "invalid_choice": _("Choose a unit from the list."),
        },
    ),
    "account": _AccountField(),
    "start_date": _DayField(),
    "end_date": _DayField(),
}


_DEDUCTED = NumberField(
    decimal_places=6,
    min_value=-1,
    max_value=0,
    error_messages={
        "required": _("Enter a quantity."),
        "invalid": _NO_NUMBER,
        "min_value": _("At most the whole advance is taken off: -1."),
        "max_value": _("An advance is taken off by a quantity from -1 to 0."),
        "max_decimal_places": _("A quantity has at most 6 decimal places. Round it."),
    },
)


@dataclass
class Row:
    """One line of the form. `typed` is kept as it came, right or wrong."""

    key: str
    kind: str
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    net: Decimal | None = None
    hours: LineHours | None = None
    charges: int = 0
    differs: str = ""
    # What somebody else saved in the meantime, by field; and what became of the whole line.
    theirs: dict[str, str] = field(default_factory=dict)
    note: str = ""
    unit_options: str = ""
    rate_options: str = ""
    # A discount or surcharge for the whole document, and its percentage where it has one.
    for_document: bool = False
    percent: Decimal | None = None
    # Its rate and what it comes to go with the other lines.
    follows: bool = False

    @property
    def pk(self) -> int | None:
        return None if self.key.startswith("n") else int(self.key)

    @property
    def is_text(self) -> bool:
        return self.kind == InvoiceLine.Kind.TEXT

    @property
    def is_untouched(self) -> bool:
        """A new line nobody has written on: not meant, so neither checked nor saved."""
        typed = self.typed
        return (
            self.pk is None
            and not typed["text"]
            and not typed["unit_price"]
            and typed["discount_percent"] in ("", "0")
            and typed["quantity"] in ("", "0", "1")
        )

    @property
    def rate(self) -> TaxRate | None:
        return self.values.get("tax_rate")

    @property
    def product(self) -> Product | None:
        return self.values.get("product")

    @property
    def is_counted(self) -> bool:
        return self.net is not None and self.rate is not None

    @property
    def tax_category(self) -> str:
        return self.rate.category if self.rate else ""

    @property
    def tax_percent(self) -> Decimal:
        return self.rate.percent if self.rate else ZERO

    def canonical(self) -> dict[str, str]:
        """The fields in a form that does not depend on how they were typed."""
        names = ("text",) if self.is_text else FIELDS
        return {
            name: plain(self.values[name]) if name in self.values else self.typed[name]
            for name in names
        }

    def edit(self) -> LineEdit:
        values = self.values
        if self.is_text:
            return LineEdit(pk=self.pk, kind=self.kind, text=values["text"])
        return LineEdit(pk=self.pk, kind=self.kind, **values)


def plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, TaxRate | Product):
        return str(value.pk)
    return "" if value is None else str(value)


class LineBook:
    """Everything the lines of one draft are read against; made once per request.

    With `lines` it is about these of the draft's lines only.
    """

    def __init__(
        self,
        draft: Invoice,
        lines: Iterable[InvoiceLine] | None = None,
        *,
        rates: TaxRates | None = None,
    ) -> None:
        self.draft = draft
        self.currency = draft.currency
        self.is_whole = lines is None
        self.stored = list(draft.lines.all() if lines is None else lines)
        self.hours, self.charges = work_of_lines(draft, None if lines is None else self.stored)
        self.rates = rates or TaxRates()
        self._products: dict[int, Product] = {}
        self._deductions = {line.pk for line in self.stored if line.quantity < 0}
        self._kinds = {line.pk: line.kind for line in self.stored}
        self._for_document = {line.pk: line for line in self.stored if line.for_document}
        self._options: dict[str, SafeString] = {}

    def price_in(self, currency: str) -> None:
        """The form's currency rounds, not yet the draft's."""
        if currency in dict(CURRENCIES):
            self.currency = currency

    @cached_property
    def accounts(self) -> list[str]:
        """Accounts of revenue the company uses: those of its tax rates, and of the draft itself."""
        known = self._near_accounts
        if not self.is_whole:
            all_lines = self.draft.lines.order_by()
            known = known.union(all_lines.values_list("account", flat=True).distinct())
        return sorted(known - {""})

    @cached_property
    def named_accounts(self) -> list[tuple[str, str]]:
        """With those of the chart, and their names: what sales are booked on."""
        named = dict(self._accounts_of_chart)
        return [(number, named.get(number, "")) for number in sorted({*self.accounts, *named})]

    @cached_property
    def _accounts_of_chart(self) -> books.Offered:
        return books.revenue_accounts()

    @cached_property
    def _near_accounts(self) -> set[str]:
        return {
            *(rate.revenue_account for rate in self.rates.all),
            *(line.account for line in self.stored),
        }

    @cached_property
    def _accounts_of_products(self) -> list[str]:
        return revenue_accounts(self.rates.all)

    @cached_property
    def default_rate(self) -> TaxRate | None:
        try:
            return self.rates.default(
                self.draft.tax_point, customer=self.draft.customer, project=self.draft.project
            )
        except NoTaxRate:
            return None

    def _account_of(self, rate: TaxRate) -> str:
        """The project's for sales at this rate, else the rate's."""
        project_id = self.draft.project_id
        own = self.rates.revenue_accounts.of(project_id, rate) if project_id else ""
        return own or rate.revenue_account

    # Making rows

    def stored_rows(self) -> list[Row]:
        self._know_products(line.product_id for line in self.stored)
        return [self.prepare(self._row_of(line)) for line in self.stored]

    def blank_row(self, key: str, kind: str = InvoiceLine.Kind.ITEM) -> Row:
        rate = self.default_rate
        typed = dict.fromkeys(FIELDS, "") | {
            "quantity": "1",
            "unit": self.stored[-1].unit if self.stored else Unit.HOUR.value,
            "tax_rate": str(rate.pk) if rate else "",
            "account": self._account_of(rate) if rate else "",
        }
        return self._with_options(Row(key, kind, typed))

    def typed_rows(self, data: QueryDict) -> tuple[list[Row], str]:
        """The lines in the order of the form's `line` fields, and what is wrong with them all."""
        keys, refusal = data.getlist("line"), ""
        readable = [key for key in dict.fromkeys(keys) if _KEY.fullmatch(key)]
        if len(readable) != len(keys):
            refusal = str(_UNREADABLE)
        elif len(keys) > (most := long_documents.MOST_LINES):
            refusal = str(_TOO_MANY) % {"most": most}
        rows = [self._typed_row(key, data) for key in readable]
        self._know_products(whole(row.typed["product"]) for row in rows)
        return [self.prepare(row) for row in rows], refusal

    def _know_products(self, ids: Iterable[int | None]) -> None:
        """Read those that are not known yet, however many lines have them."""
        wanted = {pk for pk in ids if pk} - self._products.keys()
        if wanted:
            self._products |= Product.objects.order_by().in_bulk(wanted)

    def _typed_row(self, key: str, data: Mapping[str, str]) -> Row:
        typed = {name: data.get(f"lines-{key}-{name}", "").strip() for name in FIELDS}
        # Text is shown in a field that wraps; a line of an e-invoice has no line breaks.
        typed["text"] = " ".join(typed["text"].split())
        kind = data.get(f"lines-{key}-kind", "")
        if kind not in InvoiceLine.Kind.values:
            kind = InvoiceLine.Kind.ITEM
        if not key.startswith("n"):
            kind = self._kinds.get(int(key), kind)
        return Row(key, kind, typed)

    def _row_of(self, line: InvoiceLine) -> Row:
        is_text = line.kind == InvoiceLine.Kind.TEXT
        typed = {
            "text": line.text,
            "quantity": "" if is_text else typed_number(line.quantity),
            "unit": line.unit,
            "unit_price": "" if is_text else typed_number(line.unit_price, least_places=2),
            "discount_percent": (
                typed_number(line.discount_percent) if line.discount_percent else ""
            ),
            "tax_rate": str(line.tax_rate_id or ""),
            "account": line.account,
            "product": str(line.product_id or ""),
            "start_date": line.start_date.isoformat() if line.start_date else "",
            "end_date": line.end_date.isoformat() if line.end_date else "",
        }
        return Row(str(line.pk), line.kind, typed)

    def prepare(self, row: Row) -> Row:
        if row.pk is not None:
            if (line := self._for_document.get(row.pk)) is not None:
                row.for_document, row.percent = True, line.document_percent
                row.follows = line.follows
            row.hours = self.hours.get(row.pk)
            row.charges = self.charges.get(row.pk, 0)
        self.check(row)
        return self._with_options(row)

    # Checking and pricing

    def check(self, row: Row) -> None:
        """Fill `values`, `errors` and the net anew from what is typed."""
        row.values, row.errors, row.net, row.differs = {}, {}, None, ""
        if row.is_untouched:
            return
        names = ("text",) if row.is_text else (*_SHARED,)
        for name in names:
            try:
                row.values[name] = _SHARED[name].clean(row.typed[name])
            except ValidationError as error:
                row.errors[name] = " ".join(error.messages)
        if row.pk in self._deductions:
            self._check_deduction(row)
        if row.is_text:
            return
        row.values["product"] = self._products.get(whole(row.typed["product"]))
        self._check_rate(row)
        self._check_account(row)
        self._check_days(row)
        self._price(row)
        self._compare_with_hours(row)

    def _check_deduction(self, row: Row) -> None:
        """An advance is taken off by a quantity below nought."""
        try:
            row.values["quantity"] = _DEDUCTED.clean(row.typed["quantity"])
        except ValidationError as error:
            row.errors["quantity"] = " ".join(error.messages)
        else:
            row.errors.pop("quantity", None)

    def _check_rate(self, row: Row) -> None:
        rate = self.rates.by_id.get(whole(row.typed["tax_rate"]))
        if row.follows and row.pk is not None:
            # Which rates there are the other lines say.
            rate = self.rates.by_id.get(self._for_document[row.pk].tax_rate_id or 0)
        if rate is None:
            row.errors["tax_rate"] = str(_("Choose a VAT rate from the list."))
        else:
            row.values["tax_rate"] = rate

    def _check_account(self, row: Row) -> None:
        account = row.values.get("account")
        # Those at hand first: what draft and products use is asked only for another one.
        if account and not any(
            account in known()
            for known in (
                lambda: self._near_accounts,
                lambda: self.accounts,
                lambda: self._accounts_of_products,
                lambda: dict(self._accounts_of_chart),
            )
        ):
            del row.values["account"]
            row.errors["account"] = str(
                _("There is no account %(account)s. Known are: %(known)s.")
            ) % {
                "account": account,
                "known": ", ".join(number for number, _name in self.named_accounts),
            }

    def _check_days(self, row: Row) -> None:
        start, end = row.values.get("start_date"), row.values.get("end_date")
        if start and end and end < start:
            row.errors["end_date"] = str(_("The line's last day lies before its first."))

    def _price(self, row: Row) -> None:
        quantity, price = row.values.get("quantity"), row.values.get("unit_price")
        if "discount_percent" in row.values:
            row.values["discount_percent"] = row.values["discount_percent"] or ZERO
        discount = row.values.get("discount_percent")
        if quantity is None or price is None or discount is None:
            return
        row.net = line_net(quantity, price, discount, self.currency)

    def _compare_with_hours(self, row: Row) -> None:
        """Quantity and price set by hand are fine, but nobody should overlook them."""
        hours, quantity = row.hours, row.values.get("quantity")
        if hours is None or quantity is None or hours.unit == Unit.PIECE:
            return
        recorded = hours.quantity(self.currency)
        price = row.values.get("unit_price")
        same_price = hours.unit_price is None or price is None or price == hours.unit_price
        if row.values.get("unit") == hours.unit and quantity == recorded and same_price:
            return
        words = f"{typed_number(recorded.quantize(Decimal('0.01')))} {Unit(hours.unit).label}"
        if hours.unit_price is not None:
            words += f" × {typed_number(hours.unit_price, least_places=2)}"
        row.differs = str(_("Recorded: %(work)s")) % {"work": words}

    def totals(self, rows: Iterable[Row]) -> Totals:
        """Of the lines as saving them will have them: with a share of what is for the whole of the
        document for each rate there is then, and without those of rates that are gone."""
        counted = [row for row in rows if row.is_counted]
        taken_away = self._taken_away(counted)
        counted = [row for row in counted if row.key not in taken_away]
        own: dict[int, Decimal] = {}
        for row in counted:
            if not row.for_document and row.rate and row.net is not None:
                own[row.rate.pk] = own.get(row.rate.pk, ZERO) + row.net
        shares = [
            Share(
                row.key, row.rate.pk, row.percent, row.net or ZERO,
                self._for_document[row.pk].adjustment,
            )
            for row in counted
            if row.follows and row.rate and row.pk is not None
        ]  # fmt: skip
        needed = following(shares, own=own, currency=self.currency)
        for row in counted:
            row.net = needed.nets.get(row.key, row.net)
        fresh = [
            RateSum(net, rate.category, rate.percent, rate)
            for pk, _like, net in needed.missing
            if (rate := self.rates.by_id[pk])
        ]
        left = [row for row in counted if row.key not in needed.gone]
        return totals([*left, *fresh], self.currency)  # type: ignore[list-item]

    def _taken_away(self, counted: Sequence[Row]) -> set[Any]:
        """Shares of what the form has no longer all shares of: saving it takes them off."""
        stored = [
            replace(share_of(line), key=str(line.pk))
            for line in self._for_document.values()
            if line.follows
        ]
        there = {row.key for row in counted}
        return siblings_of({share.key for share in stored} - there, stored)

    # Writing

    def _with_options(self, row: Row) -> Row:
        row.unit_options = self._options_for("unit", row.typed["unit"])
        row.rate_options = self._options_for("rate", row.typed["tax_rate"])
        return row

    def _options_for(self, kind: str, chosen: str) -> SafeString:
        """The same few options hundreds of times: put together once per choice."""
        key = f"{kind}:{chosen}"
        if key not in self._options:
            self._options[key] = (
                self._unit_options(chosen) if kind == "unit" else self._rate_options(chosen)
            )
        return self._options[key]

    def _unit_options(self, chosen: str) -> SafeString:
        return format_html_join(
            "",
            "<option value={}{}>{}</option>",
            (
                (_quoted(code), SafeString(" selected") if code == chosen else "", label)
                for code, label in Unit.choices
            ),
        )

    def _rate_options(self, chosen: str) -> SafeString:
        day = self.draft.tax_point
        rates = sorted(self.rates.all, key=lambda rate: (not rate.is_valid_on(day), -rate.percent))
        options = format_html_join(
            "",
            "<option value={} data-account={}{}>{}</option>",
            (
                (
                    _quoted(str(rate.pk)),
                    _quoted(rate.revenue_account),
                    SafeString(" selected") if str(rate.pk) == chosen else "",
                    rate.name
                    if rate.is_valid_on(day)
                    else format_html("{} ({})", rate.name, _("not valid then")),
                )
                for rate in rates
            ),
        )
        if any(str(rate.pk) == chosen for rate in rates):
            return options
        return format_html('<option value="">{}</option>{}', "—", options)


def _quoted(text: str) -> SafeString:
    return format_html('"{}"', text)


def product_search_for(draft: Invoice) -> str:
    """Where products for its lines are looked for; what the form says comes before it."""
    told = {
        "customer": draft.customer_id,
        "project": draft.project_id or "",
        "language": draft.language,
        "currency": draft.currency,
    }
    return f"{reverse('timesheets:line_search')}?{urlencode(told)}"


def sums_are_absurd(sums: Totals) -> bool:
    return sums.gross >= MOST_TOTAL
