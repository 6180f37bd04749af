"""Billing terms in words, for pages."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.forms import typed_number
from customers.domain.billing_terms import Level, Terms, terms_of
from customers.models import Customer
from tenants.billing_terms import RoundingDirection, RoundingPer, UsageGrouping
from tenants.models import Tenant


@dataclass(frozen=True)
class Fact:
    """One term as a page shows it. `source` is empty where the record itself decides."""

    label: str
    value: str
    source: str


def rounding_words(terms: Terms) -> str:
    """Up to full 15 min, each entry."""
    if not terms.rounding_minutes:
        return _("no rounding")
    pattern = {
        RoundingDirection.UP: _("up to full %(minutes)d min, %(per)s"),
        RoundingDirection.DOWN: _("down to full %(minutes)d min, %(per)s"),
        RoundingDirection.NEAREST: _("to the nearest %(minutes)d min, %(per)s"),
    }[terms.direction]
    per = {
        RoundingPer.ENTRY: _("each entry"),
        RoundingPer.DAY: _("each day and person"),
        RoundingPer.LINE: _("each line"),
    }[terms.per]
    return pattern % {"minutes": terms.rounding_minutes, "per": per}


def minimum_words(terms: Terms) -> str:
    if not terms.minimum_minutes:
        return pgettext("minimum per entry", "none")
    return _("%(minutes)d min") % {"minutes": terms.minimum_minutes}


def day_words(terms: Terms) -> str:
    hours = terms.hours_per_day
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if hours == 1 else 2) % {
        "hours": typed_number(hours)
    }


def usage_words(terms: Terms) -> str:
    return {UsageGrouping.DESTINATION: _("by destination"), UsageGrouping.DAY: _("by day")}[
        terms.usage_grouping
    ]


def source_words(level: Level) -> str:
    return {
        Level.PROJECT: _("the project's"),
        Level.CUSTOMER: _("the customer's"),
        Level.TENANT: _("the company's"),
        Level.USUAL: "",
    }[level]


def facts_of(terms: Terms, *, own: Level) -> list[Fact]:
    """The rounding for a record's page, and what else was set; a project has no day of its own."""
    sources = terms.sources
    facts = [(_("Rounding for billing"), rounding_words(terms), sources.rounding)]
    if sources.minimum_minutes is not Level.USUAL:
        facts.append((_("Minimum per entry"), minimum_words(terms), sources.minimum_minutes))
    if own is not Level.PROJECT and sources.hours_per_day is not Level.USUAL:
        facts.append((_("Hours of a day"), day_words(terms), sources.hours_per_day))
    if own is not Level.PROJECT and sources.usage_grouping is not Level.USUAL:
        facts.append((_("Lines of usage charges"), usage_words(terms), sources.usage_grouping))
    return [
        Fact(label, value[:1].upper() + value[1:], "" if level is own else source_words(level))
        for label, value, level in facts
    ]


def inherited_words(*, tenant: Tenant, customer: Customer | None = None) -> dict[str, str]:
    """By field of a form, what counts while it is empty: as the customer or the company has it."""
    terms = terms_of(customer=customer, tenant=tenant)
    as_above = _("As the customer: %(value)s") if customer else _("As the company: %(value)s")
    return {
        "rounding_minutes": as_above % {"value": rounding_words(terms)},
        "minimum_minutes": minimum_words(terms),
        "hours_per_day": day_words(terms),
        "usage_grouping": as_above % {"value": usage_words(terms)},
    }
