"""Tax rates and accounts of a new company."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.domain.charts import CHARTS, Chart, Rate
from catalog.models import TaxRate
from tenants.models import Tenant


@transaction.atomic
def make_tax_rates(tenant: Tenant) -> str:
    """Make the rates of its country, if it has none yet; says so if the country is not known."""
    if TaxRate.objects.exists():
        return ""
    chart = CHARTS.get(tenant.country)
    if chart is None:
        return _(
            "No tax rates are known for %(country)s. Add them in the administration of"
            " %(company)s before the first invoice."
        ) % {"country": tenant.get_country_display(), "company": tenant.name}
    TaxRate.objects.bulk_create(_tax_rate(rate, chart, tenant.language) for rate in chart.rates)
    untouched = [
        name
        for name in chart.accounts
        if getattr(tenant, name) == Tenant._meta.get_field(name).get_default()  # type: ignore[union-attr]
    ]
    for name in untouched:
        setattr(tenant, name, chart.accounts[name])
    if untouched:
        tenant.save(update_fields=untouched)
    return ""


def _tax_rate(rate: Rate, chart: Chart, language: str) -> TaxRate:
    if rate.category == TaxRate.Category.STANDARD:
        name = _in(language, chart.taxed) % _written(rate.percent, language, chart)
    else:
        name = _in(language, rate.names)
    return TaxRate(
        name=name,
        code=rate.code,
        category=rate.category,
        percent=rate.percent,
        revenue_account=rate.account,
        tax_account=rate.tax_account,
        exemption_reason=rate.reason,
        valid_from=rate.valid_from,
        valid_to=rate.valid_to,
        is_default=rate.is_default,
    )


def _in(language: str, texts: Mapping[str, str]) -> str:
    """In the company's language, or in the country's own."""
    return texts.get(language) or next(iter(texts.values()))


def _written(percent: Decimal, language: str, chart: Chart) -> str:
    is_english = language == "en" and "en" in chart.taxed
    return str(percent) if is_english else str(percent).replace(".", ",")
