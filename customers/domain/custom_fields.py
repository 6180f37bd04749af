"""Values of the tenant's own fields: what is stored, what is accepted, and how people see it.

Stored under the field's name in `custom_values`: text, web address, e-mail and a choice's key as
text, a number as the text of its Decimal, a date in ISO form, a checkbox as true or false. ""
is empty; a name that is missing was never set.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import Exact, GreaterThan, IsNull
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.forms import plain_number
from core.templatetags.figures import number
from customers import errors
from customers.models import CustomField
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant_id

type Stored = str | bool

Kind, Target = CustomField.Kind, CustomField.Target
LONGEST = {Kind.TEXT: 200, Kind.LONG_TEXT: 5000, Kind.URL: 500, Kind.EMAIL: 254}
YEARS = (1900, 2200)
# As files of other programs write them, in the languages that people use here.
_YES = {"1", "true", "yes", "on", "x", "kyllä", "ja"}
_NO = {"0", "false", "no", "off", "ei", "nej", "nein"}
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,6})?")


def fields_of(target: str, *, with_inactive: bool = False) -> list[CustomField]:
    """The fields of a kind of record, in their order."""
    found = CustomField.objects.filter(target=target).order_by("position", "pk")
    return list(found if with_inactive else found.filter(is_active=True))


MOST_REMEMBERED = 1000
_remembered: dict[tuple[int, int, str], list[CustomField]] = {}


def known_fields(membership: Membership, target: str) -> list[CustomField]:
    """The same without a question for most: remembered until the company changes its fields."""
    tenant = membership.tenant
    if not tenant.fields_version:
        return []
    key = (tenant.pk, tenant.fields_version, target)
    found = _remembered.get(key)
    if found is None:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        found = _remembered[key] = fields_of(target)
    return list(found)


def fields_changed() -> None:
    """To be said in the transaction of every change of a field."""
    Tenant.objects.filter(pk=current_tenant_id()).update(fields_version=F("fields_version") + 1)


def clean(field: CustomField, value: Any) -> Stored:
    """Bring a value, typed or read from a file, into the form it is stored in.

    Raises a CustomValueRefused whose sentence belongs by the field.
    """
    if field.kind == Kind.CHECKBOX:
        return _clean_checkbox(field, value)
    text = _printable(value, lines=field.kind == Kind.LONG_TEXT)
    longest = LONGEST.get(Kind(field.kind))
    if longest is not None and len(text) > longest:
        raise errors.CustomValueTooLong(custom_field=field, longest=longest, length=len(text))
    return _CLEANERS[Kind(field.kind)](field, text) if text else ""


def _printable(value: Any, *, lines: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value).replace("\r\n", "\n")
    if not lines:
        text = " ".join(text.split("\n"))
    # PostgreSQL takes neither the null character nor halves of a pair into JSON.
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t").strip()


def _clean_checkbox(field: CustomField, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _printable(value, lines=False).lower()
    if text in _YES:
        return True
    if text in _NO or not text:
        return False
    raise errors.NoCheckboxValue(custom_field=field, value=text)


def _clean_number(field: CustomField, text: str) -> str:
    plain = plain_number(text)
    if not _NUMBER.fullmatch(plain):
        raise errors.NoNumber(custom_field=field, value=text)
    amount = Decimal(plain).normalize()
    return "0" if amount == 0 else f"{amount:f}"


def _clean_date(field: CustomField, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise errors.NoDate(custom_field=field, value=text) from None
    first, last = YEARS
    if not first <= day.year <= last:
        raise errors.YearOutOfReach(custom_field=field, first=first, last=last)
    return day.isoformat()


def _clean_choice(field: CustomField, text: str) -> str:
    """The key; its label will do, as files and people write it."""
    wanted = text.casefold()
    if text in dict(field.choices):
        return text
    for key, label in field.choices:
        if wanted in (key.casefold(), label.casefold()):
            return str(key)
    raise errors.NotAmongChoices(custom_field=field, value=text)


def _clean_url(field: CustomField, text: str) -> str:
    address = text if "://" in text else f"https://{text}"
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        raise errors.NoWebAddress(custom_field=field, value=text) from None
    return address


def _clean_email(field: CustomField, text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise errors.NoEmail(custom_field=field, value=text) from None
    return text


def _as_it_is(field: CustomField, text: str) -> str:
    return text


_CLEANERS = {
    Kind.TEXT: _as_it_is,
    Kind.LONG_TEXT: _as_it_is,
    Kind.NUMBER: _clean_number,
    Kind.DATE: _clean_date,
    Kind.CHOICE: _clean_choice,
    Kind.URL: _clean_url,
    Kind.EMAIL: _clean_email,
}


def held_fields(target: str) -> dict[str, CustomField]:
    """All fields of a kind of record by name, kept from changing until the transaction ends.

    Who writes values takes them first of all, before any record: so does who changes a field.
    """
    found = CustomField.objects.raw(
        "SELECT * FROM customers_customfield WHERE tenant_id = %s AND target = %s FOR KEY SHARE",
        [current_tenant_id(), target],
    )
    return {field.name: field for field in found}


def for_new(target: str, given: Mapping[str, Any] | None = None) -> dict[str, Stored]:
    """The values a new record begins with: what was given, else the fields' defaults."""
    given = given or {}
    # Defaults alone hold nobody up: other records may be locked already.
    fields = held_fields(target) if given else {field.name: field for field in fields_of(target)}
    values = {
        name: default_of(field)
        for name, field in fields.items()
        if field.is_active and name not in given
    }
    return values | cleaned(fields, given)


def default_of(field: CustomField) -> Stored:
    if field.kind == Kind.CHECKBOX:
        return field.default is True
    return str(field.default or "")


def shown_default(field: CustomField) -> str:
    """As it is typed into the form that defines the field."""
    if field.kind == Kind.CHECKBOX:
        return "1" if field.default is True else ""
    return str(field.default or "")


def cleaned(fields: Mapping[str, CustomField], given: Mapping[str, Any]) -> dict[str, Stored]:
    """The given values as they are stored; a name that no field has is refused."""
    for name in given:
        if name not in fields:
            raise errors.CustomFieldGone(name=name)
    return {name: clean(fields[name], value) for name, value in given.items()}


def change_values(
    subject: Any, fields: Mapping[str, CustomField], given: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Set the values that differ, unsaved; return `{"Contract": ["A", "B"]}` for the log.

    What is empty stays missing where it was never set.
    """
    changes = {}
    values = dict(subject.custom_values)
    for name, new in cleaned(fields, given).items():
        old = values.get(name)
        if old == new or (old is None and new == ""):
            continue
        values[name] = new
        changes[fields[name].label] = [as_text(old), as_text(new)]
    subject.custom_values = values
    return changes


def as_text(value: Stored | None) -> str:
    """As searches, files and the log write it; a checkbox is 1 or 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value or ""


def shown(field: CustomField, value: Stored | None, language: str = "") -> str:
    """As people read it, in a language or in the page's; "" when there is nothing."""
    with translation.override(language or translation.get_language()):
        return _shown(field, typed_value(field, value))


def _shown(field: CustomField, typed: Any) -> str:
    if typed is None:
        return ""
    if isinstance(typed, bool):
        return _("Yes") if typed else _("No")
    if isinstance(typed, Decimal):
        return number(typed)
    if isinstance(typed, date):
        return date_format(typed, "SHORT_DATE_FORMAT")
    return str(dict(field.choices).get(typed, typed))


def typed_value(field: CustomField, value: Stored | None) -> Any:
    """A Decimal, a date, a bool or text, as a file's cell has it; None when there is nothing."""
    if value in (None, ""):
        return None
    if field.kind == Kind.NUMBER:
        return Decimal(str(value))
    if field.kind == Kind.DATE:
        return date.fromisoformat(str(value))
    return value


def choose_columns(membership: Membership, list_name: str, keys: Sequence[str]) -> None:
    """Keep which columns this person wants to see in a list; none is the list as it was."""
    kept = {name: chosen for name, chosen in membership.list_columns.items() if name != list_name}
    membership.list_columns = kept | ({list_name: list(keys)} if keys else {})
    membership.save(update_fields=["list_columns"])


def named_values(
    fields: Iterable[CustomField], values: Mapping[str, Stored]
) -> list[tuple[CustomField, str]]:
    """Each field with its value as people read it."""
    return [(field, shown(field, values.get(field.name))) for field in fields]


class Match(StrEnum):
    """What a search may ask of a value."""

    CONTAINS = "contains"  # ignoring case and accents; of a checkbox 1 or 0
    MISSING = "missing"
    EMPTY = "empty"  # or missing
    ANY = "any"  # neither empty nor missing


class Plain(Func):
    """A text without its capitals and accents."""

    template = "lower(unaccent(%(expressions)s))"
    output_field = TextField()


class ValueAt(Func):
    """The value under a name as text, NULL when it is missing; a checkbox is true or false.

    A function of two arguments: nothing of a name can become a part of the query.
    """

    function = "jsonb_extract_path_text"
    output_field = TextField()

    def __init__(self, column: Any, name: Any, **extra: Any) -> None:
        super().__init__(
            F(column) if isinstance(column, str) else column,
            Value(name) if isinstance(name, str) else name,
            **extra,
        )


def _words(text: str) -> Value:
    return Value(text, TextField())


_EMPTY = _words("")
_CHECKBOX = {"1": "true", "0": "false"}


def matches(column: str, name: str, operator: Match, value: str = "") -> Q:
    """A condition on one value: `matches("customer__custom_values", "contract", Match.CONTAINS,
    "frame")`. True or false for each row and never unknown, so that it can be negated."""
    found = ValueAt(column, name)
    if operator == Match.MISSING:
        return Q(IsNull(found, True))
    if operator == Match.EMPTY:
        return Q(Exact(Coalesce(found, _EMPTY), _EMPTY))
    if operator == Match.ANY:
        return ~Q(Exact(Coalesce(found, _EMPTY), _EMPTY))
    text = Coalesce(found, _EMPTY)
    place = StrIndex(Plain(text), Plain(_words(value)))
    if value in _CHECKBOX:
        # The search need not know which fields are checkboxes: no text field holds a bare bool.
        ticked = Func(F(column), Value(name), function="jsonb_extract_path")
        kind = Func(ticked, function="jsonb_typeof", output_field=TextField())
        is_checkbox = Q(Exact(Coalesce(kind, _EMPTY), _words("boolean")))
        return (is_checkbox & Q(Exact(text, _words(_CHECKBOX[value])))) | (
            ~is_checkbox & Q(GreaterThan(place, 0))
        )
    return Q(GreaterThan(place, 0))
