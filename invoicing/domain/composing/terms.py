"""The rules a draft's work is priced by, and how they are kept with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from catalog.models import TaxRate
from customers.domain.billing_terms import USUAL_HOURS_PER_DAY, Terms, terms_of
from customers.models import Project
from invoicing.domain.composing.charges import ChargeRules, plan_charges
from invoicing.domain.composing.claiming import Entry, Names
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.composing.planning import ChargeWork, PlannedLine, Rules, plan_lines
from invoicing.domain.composing.rounding import NONE, Rounding
from invoicing.domain.lines import TaxRates
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class Planned:
    """The lines, and what `Addition.options` keeps of how they were made."""

    lines: list[PlannedLine]
    kept: dict[str, Any]


def plan_work(
    invoice: Invoice,
    entries: Sequence[Entry],
    names: Names,
    *,
    charges: Sequence[ChargeWork] = (),
    options: LineOptions,
    tenant: Tenant | None = None,
    rates: TaxRates | None = None,
) -> Planned:
    """Hours first, then charges, as project, customer and company have their rules now."""
    rates, tenant = rates or TaxRates(), tenant or Tenant.objects.get(pk=current_tenant_id())
    rules = _rules_of(invoice, names.projects, options, rates, tenant)
    lines = plan_lines(names.works(entries, with_tags=options.tells_tags), options, rules)
    if charges:
        lines += plan_charges(charges, charge_rules_of(invoice, names.projects, rates, tenant))
    worked_on = {entry.project_id for entry in entries}
    return Planned(lines, _kept(options, rules, worked_on))


def charge_rules_of(
    invoice: Invoice, projects: Mapping[int, Project], rates: TaxRates, tenant: Tenant
) -> ChargeRules:
    def tax_rate(charge: ChargeWork) -> TaxRate:
        if charge.tax_rate_id is not None:
            return rates.version(charge.tax_rate_id, invoice.tax_point)
        return rates.default(
            invoice.tax_point,
            customer=invoice.customer,
            project=projects.get(charge.project_id or 0),
        )

    return ChargeRules(
        currency=invoice.currency,
        language=invoice.language,
        usage_grouping=terms_of(customer=invoice.customer, tenant=tenant).usage_grouping,
        tax_rate=tax_rate,
        account=rates.revenue_accounts.of,
    )


def _rules_of(
    invoice: Invoice,
    projects: Mapping[int, Project],
    options: LineOptions,
    rates: TaxRates,
    tenant: Tenant,
) -> Rules:
    """`options` come before all of them."""

    @cache
    def rounding(project_id: int) -> Rounding:
        if options.rounding is not None:
            return options.rounding
        return rounding_of(terms_of(project=projects[project_id], tenant=tenant))

    def tax_rate(project_id: int) -> TaxRate:
        return rates.default(
            invoice.tax_point, customer=invoice.customer, project=projects[project_id]
        )

    return Rules(
        currency=invoice.currency,
        language=invoice.language,
        tax_rate=tax_rate,
        account=rates.revenue_accounts.of,
        rounding=rounding,
        hours_per_day=options.hours_per_day
        or terms_of(customer=invoice.customer, tenant=tenant).hours_per_day,
    )


def rounding_of(terms: Terms) -> Rounding:
    return Rounding(
        step=terms.rounding_minutes,
        direction=terms.direction,
        per=terms.per,
        minimum=terms.minimum_minutes,
    )


def _kept(options: LineOptions, rules: Rules, project_ids: Iterable[int]) -> dict[str, Any]:
    """With what held on that day, whatever the settings become."""
    roundings = {str(pk): asdict(rules.rounding(pk)) for pk in sorted(set(project_ids))}
    return {
        **options.to_json(),
        "hours_per_day": str(rules.hours_per_day),
        "roundings": roundings,
    }


class LineTerms:
    """What an existing line of work was made by; an older one by what was the rule then."""

    def __init__(self, line: InvoiceLine) -> None:
        options: Mapping[str, Any] = line.addition.options if line.addition else {}
        day = options.get("hours_per_day")
        self.hours_per_day = Decimal(day) if day else USUAL_HOURS_PER_DAY
        self._roundings = {
            int(pk): Rounding.from_json(values)
            for pk, values in options.get("roundings", {}).items()
        }
        chosen = {name: options[name] for name in STANDARD.to_json() if name in options}
        self.is_standard = not options or all(
            chosen.get(name) == value
            for name, value in STANDARD.to_json().items()
            if name in ("level", "dimensions", "text", "unit", "is_lump")
        )

    def rounding(self, project_id: int) -> Rounding:
        return self._roundings.get(project_id, NONE)
