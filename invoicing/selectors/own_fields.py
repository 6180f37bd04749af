"""The tenant's own fields in the search: those of the document, of its project and customer."""

from decimal import Decimal

from django.db.models import Case, DecimalField, Q, Value, When
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Regex,
)
from django.utils.translation import gettext as _

from core.search import Field, fold, read_days, read_numbers
from customers.domain.custom_fields import Match, ValueAt, matches
from customers.models import Customer, CustomField, Project
from invoicing.selectors.conditions import (
    ANY,
    EMPTY,
    MISSING,
    contains,
    equals,
    special_of,
    text,
)

Kind, Target = CustomField.Kind, CustomField.Target
_OPERATORS = {EMPTY: Match.EMPTY, MISSING: Match.MISSING, ANY: Match.ANY}
_NUMBER = DecimalField(max_digits=26, decimal_places=6)


def own_condition(own: CustomField, field: Field) -> Q:
    if own.target == Target.DOCUMENT:
        return _of_document(own, field)
    # Customers and projects are few: their values are looked at as they are kept.
    special = special_of(field)
    operator = Match.CONTAINS if special is None else _OPERATORS[special]
    found = matches("custom_values", own.name, operator, field.value)
    if own.target == Target.CUSTOMER:
        return Q(customer_key__in=Customer.objects.filter(found).values("pk"))
    # A document without a project has no value there, whatever is asked.
    inside = Q(project_key__in=Project.objects.filter(found).values("pk"))
    return inside | Q(project_key=None) if special in (EMPTY, MISSING) else inside


def _of_document(own: CustomField, field: Field) -> Q:
    special = special_of(field)
    if special == MISSING:
        return ~Q(fields__has_key=own.name)
    value = Coalesce(ValueAt("fields", own.name), text(""))
    if special is not None:
        is_empty = equals(value, "")
        return ~is_empty if special == ANY else is_empty
    if own.kind == Kind.CHECKBOX:
        if field.value not in ("0", "1"):
            raise ValueError(_("A checkbox is 0 or 1."))
        return equals(value, field.value)
    if own.kind == Kind.NUMBER and not field.is_quoted:
        return _in_span(value, field)
    if own.kind == Kind.DATE and not field.is_quoted:
        return _in_period(value, field)
    found = contains(value, fold(field.value))
    if own.kind == Kind.CHOICE:
        for key, label in own.choices:
            if fold(field.value) in fold(label):
                found |= equals(value, fold(key))
    return found


def _in_span(value: Coalesce, field: Field) -> Q:
    span = read_numbers(field.value)
    # What the field held before it was one of numbers is none, and must not end the search.
    is_number = Regex(value, Value(r"^-?\d+(\.\d+)?$"))
    number = Case(When(is_number, then=Cast(value, _NUMBER)), default=None, output_field=_NUMBER)
    found = Q(is_number)
    if span.low is not None:
        found &= Q((GreaterThan if span.is_over else GreaterThanOrEqual)(number, _bound(span.low)))
    if span.high is not None:
        found &= Q((LessThan if span.is_under else LessThanOrEqual)(number, _bound(span.high)))
    return found


def _bound(number: Decimal) -> Value:
    return Value(number, _NUMBER)


def _in_period(value: Coalesce, field: Field) -> Q:
    """Days are kept as ISO writes them, so their order is that of texts."""
    days = read_days(field.value)
    found = ~equals(value, "")
    if days.first is not None:
        found &= Q(GreaterThanOrEqual(value, text(days.first.isoformat())))
    if days.last is not None:
        found &= Q(LessThanOrEqual(value, text(days.last.isoformat())))
    return found
