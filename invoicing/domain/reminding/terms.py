"""On what terms a company reminds its customers: its own rows, else the program's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from invoicing import reminder_errors as errors
from invoicing.domain.reminding.defaults import (
    COUNTRIES,
    FINLAND_LEAST_DAYS,
    FINLAND_MOST_FEE,
    RATES,
    Level,
    Terms,
    half_year_of,
)
from invoicing.domain.reminding.interest import Rates
from invoicing.models import ReferenceArea, ReferenceRate, ReminderLevel, ReminderTerms
from invoicing.models.reminders import MOST_LEVELS
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

VALUES = (
    "interest", "area", "consumer_points", "business_points", "lump_sum", "gap_days",
    "pay_within_days", "least_amount",
)  # fmt: skip
LEVEL_VALUES = (
    "number", "days", "consumer_fee", "business_fee", "has_interest", "has_lump_sum",
)  # fmt: skip
EVERYWHERE_ELSE = ""


@dataclass(frozen=True)
class TermsBook:
    """All terms and rates of a company, read once for however many invoices."""

    country: str
    currency: str
    own: Mapping[str, Terms]
    rates: Mapping[str, Rates]

    def of(self, country: str) -> Terms:
        """The company's own terms for the country, the program's for it, or what holds elsewhere:
        those of everywhere else, and at last of the company's own country."""
        if country in self.own:
            return self.own[country]
        if country in COUNTRIES:
            return COUNTRIES[country]
        if EVERYWHERE_ELSE in self.own:
            return self.own[EVERYWHERE_ELSE]
        return self.own.get(self.country) or COUNTRIES.get(self.country) or COUNTRIES["FI"]


def terms_book(tenant: Tenant | None = None) -> TermsBook:
    """In three statements, two where the caller knows the company."""
    tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
    rows = ReminderTerms.objects.prefetch_related("levels")
    return TermsBook(
        country=tenant.country,
        currency=tenant.currency,
        own={row.country: _as_terms(row) for row in rows},
        rates=known_rates(),
    )


def _as_terms(row: ReminderTerms) -> Terms:
    levels = sorted(row.levels.all(), key=lambda level: level.number)
    return Terms(
        **{name: getattr(row, name) for name in VALUES},
        levels=tuple(
            Level(**{name: getattr(level, name) for name in LEVEL_VALUES}) for level in levels
        ),
    )


def known_rates() -> dict[str, Rates]:
    """The company's own rates go before the program's of the same day."""
    own = ReferenceRate.objects.values_list("area", "valid_from", "percent")
    found: dict[str, dict[date, Decimal]] = {
        area: dict(RATES.get(area, [])) for area in ReferenceArea.values
    }
    for area, valid_from, percent in own:
        found[area][valid_from] = percent
    return {area: sorted(rates.items()) for area, rates in found.items()}


def is_rate_missing(rates: Rates, on: date) -> bool:
    """Nobody has entered yet what holds since the last 1 January or 1 July."""
    return not rates or rates[-1][0] < half_year_of(on)


@transaction.atomic
def save_terms(country: str, terms: Terms, *, actor: User) -> None:
    """Remind customers of this country so from now on; what was sent stays as it was."""
    check_terms(country, terms)
    values = {name: getattr(terms, name) for name in VALUES}
    row, _is_new = ReminderTerms.objects.select_for_update().get_or_create(
        country=country, defaults=values
    )
    before = _as_terms(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    row.levels.all().delete()
    ReminderLevel.objects.bulk_create(
        ReminderLevel(terms=row, **{name: getattr(level, name) for name in LEVEL_VALUES})
        for level in terms.levels
    )
    if before != terms:
        log("reminder_terms.changed", row, actor=actor, country=country or "*")


@transaction.atomic
def reset_terms(country: str, *, actor: User) -> None:
    row = ReminderTerms.objects.select_for_update().filter(country=country).first()
    if row is not None:
        log("reminder_terms.reset", row, actor=actor, country=country or "*")
        row.delete()


def check_terms(country: str, terms: Terms) -> None:
    """Refuse what no customer could be sent."""
    if not terms.levels:
        raise errors.NoLevels
    if len(terms.levels) > MOST_LEVELS:
        raise errors.TooManyLevels(most=MOST_LEVELS)
    if [level.number for level in terms.levels] != list(range(1, len(terms.levels) + 1)):
        raise errors.LevelsNotInOrder
    days = [level.days for level in terms.levels]
    if days != sorted(set(days)):
        raise errors.LevelsNotInOrder
    if country == "FI":
        _check_finland(terms)


def _check_finland(terms: Terms) -> None:
    with_fee = [level for level in terms.levels if level.consumer_fee > 0]
    if any(level.consumer_fee > FINLAND_MOST_FEE for level in with_fee):
        raise errors.FeeAboveFinnishLaw(most=FINLAND_MOST_FEE)
    too_early = with_fee and with_fee[0].days < FINLAND_LEAST_DAYS
    if too_early or (with_fee and terms.gap_days < FINLAND_LEAST_DAYS):
        raise errors.TooEarlyForFinnishLaw(days=FINLAND_LEAST_DAYS)


@transaction.atomic
def enter_rate(area: str, valid_from: date, percent: Decimal, *, actor: User) -> ReferenceRate:
    """The rate from that day on; entered again for the same day it is corrected."""
    rate, _is_new = ReferenceRate.objects.update_or_create(
        area=area, valid_from=valid_from, defaults={"percent": percent}
    )
    entered: ReferenceRate = rate
    log(
        "reference_rate.entered", entered, actor=actor,
        reference=area, date=str(valid_from), percent=str(percent),
    )  # fmt: skip
    return entered


@transaction.atomic
def remove_rate(rate: ReferenceRate, *, actor: User) -> None:
    log(
        "reference_rate.removed", rate, actor=actor,
        reference=rate.area, date=str(rate.valid_from), percent=str(rate.percent),
    )  # fmt: skip
    rate.delete()
