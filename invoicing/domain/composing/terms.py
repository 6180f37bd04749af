"""The rules a draft's work is priced by, and how they are kept with it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import cache
from typing import Any

from catalog.models import TaxRate
from customers.domain.billing_terms import USUAL_HOURS_PER_DAY, Terms, terms_of
from customers.models import Project
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.composing.planning import Rules
from invoicing.domain.composing.rounding import NONE, Rounding
from invoicing.domain.lines import TaxRates
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Tenant
from tenants.scope import current_tenant_id


def rules_of(
    invoice: Invoice, projects: Mapping[int, Project], options: LineOptions, rates: TaxRates
) -> Rules:
    """As project, customer and company have them now; `options` come before them."""

    tenant = Tenant.objects.get(pk=current_tenant_id())

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


def kept(options: LineOptions, rules: Rules, project_ids: Iterable[int]) -> dict[str, Any]:
    """For `Addition.options`: with what held on that day, whatever the settings become."""
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
