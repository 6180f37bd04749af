"""What stands before the colon: the built-in keys of the archive's search, and the tenant's own.

Each takes the field as typed and gives a condition on a row of the index.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from core.money import CURRENCIES
from core.search import Field, fold, read_days, read_numbers, read_pattern
from customers.models import CustomField, Project
from invoicing.exported import destinations
from invoicing.models import Dispute, DocumentKind, Reminder
from invoicing.selectors.archive import ArchiveStatus, in_states
from invoicing.selectors.conditions import (
    ALWAYS,
    ANY,
    NEVER,
    between,
    contains,
    fits,
    folded_contains,
    is_empty,
    special_of,
    within,
)
from invoicing.selectors.own_fields import own_condition
from tenants.models import Membership


@dataclass(frozen=True)
class Asking:
    """Who searches, and on which day."""

    membership: Membership
    on: date

    @cached_property
    def custom_fields(self) -> dict[str, CustomField]:
        """The tenant's own by name; a document's goes before that of its project or customer."""
        order = {CustomField.Target.DOCUMENT: 2, CustomField.Target.PROJECT: 1}
        targets = (*order, CustomField.Target.CUSTOMER)
        found = CustomField.objects.filter(target__in=targets).order_by("pk")
        return {
            field.name: field for field in sorted(found, key=lambda one: order.get(one.target, 0))
        }


def condition(field: Field, asking: Asking) -> Q:
    """The condition that `key:value` stands for; raises SearchError."""
    key = field.key.lower()
    built_in = KEYS.get(key)
    try:
        if built_in is not None:
            return built_in(field, asking)
        if own := asking.custom_fields.get(key):
            return own_condition(own, field)
    except ValueError as wrong:
        raise field.error(wrong) from wrong
    offered = ", ".join([*KEYS, *(name for name in asking.custom_fields if name not in KEYS)])
    raise field.error(
        _(
            "There is no field “%(key)s”. There are: %(offered)s. To find the text itself, put it "
            "in quotation marks."
        )
        % {"key": field.key, "offered": offered}
    )


def _text(column: str) -> "Reader":
    def read(field: Field, asking: Asking) -> Q:
        special = special_of(field)
        if special is not None:
            return ~is_empty(column) if special == ANY else is_empty(column)
        pieces = None if field.is_quoted else read_pattern(field.value)
        return fits(column, pieces) if pieces else contains(column, fold(field.value))

    return read


def _customer(field: Field, asking: Asking) -> Q:
    """Every document has one."""
    if (special := special_of(field)) is not None:
        return ALWAYS if special == ANY else NEVER
    pieces = None if field.is_quoted else read_pattern(field.value)
    column = "customer_text"
    return fits(column, ["", *pieces, ""]) if pieces else contains(column, fold(field.value))


def _project(field: Field, asking: Asking) -> Q:
    if (special := special_of(field)) is not None:
        return Q(project_key__isnull=special != ANY)
    part = field.value.replace("*", "") if not field.is_quoted else field.value
    named = folded_contains("name", part) | folded_contains("number", part)
    return Q(project_key__in=Project.objects.filter(named).values("pk"))


def _creator(field: Field, asking: Asking) -> Q:
    if (special := special_of(field)) is not None:
        return Q(creator_key__isnull=special != ANY)
    if not field.is_quoted and field.value.lower() == "me":
        return Q(creator_key=asking.membership.user_id)
    people = Membership.objects.filter(
        folded_contains("name", field.value), tenant_id=asking.membership.tenant_id,
        user__isnull=False,
    )  # fmt: skip
    return Q(creator_key__in=people.values("user_id"))


def _exported(field: Field, asking: Asking) -> Q:
    known = destinations()
    if (special := special_of(field)) is not None:
        anywhere = Q()
        for destination in known:
            anywhere |= Q(invoice__in=destination.invoices)
        if not known:
            anywhere = NEVER
        return anywhere if special == ANY else ~anywhere
    part = fold(field.value)
    wanted = [one for one in known if part in fold(one.label) or part == one.key]
    if not wanted:
        raise ValueError(
            _("There is no accounting system “%(value)s” here. %(offered)s")
            % {"value": field.value, "offered": ", ".join(one.label for one in known)}
        )
    found = Q()
    for destination in wanted:
        found |= Q(invoice__in=destination.invoices)
    return found


def _choice(
    offered: Callable[[], list[tuple[str, Any]]], among: Callable[[list[str], Asking], Q]
) -> "Reader":
    def read(field: Field, asking: Asking) -> Q:
        if (special := special_of(field)) is not None:
            return ALWAYS if special == ANY else NEVER
        wanted = []
        for word in field.value.split(","):
            keys = [key for key, label in offered() if fold(word) in (fold(key), fold(str(label)))]
            if not keys:
                raise ValueError(
                    _("“%(word)s” is none of these: %(offered)s.")
                    % {"word": word, "offered": ", ".join(key for key, _label in offered())}
                )
            wanted += keys
        return among(wanted, asking)

    return read


def _among(column: str) -> Callable[[list[str], Asking], Q]:
    return lambda wanted, _asking: Q(**{f"{column}__in": wanted})


def _number_of(column: str) -> "Reader":
    def read(field: Field, asking: Asking) -> Q:
        if (special := special_of(field)) is not None:
            return ALWAYS if special == ANY else NEVER
        return between(column, read_numbers(field.value))

    return read


def _day_of(column: str) -> "Reader":
    def read(field: Field, asking: Asking) -> Q:
        if (special := special_of(field)) is not None:
            return ALWAYS if special == ANY else NEVER
        return within(column, read_days(field.value))

    return read


def _reminder(field: Field, asking: Asking) -> Q:
    """By the highest level that was sent, or nothing."""
    rows: Any = Reminder.objects.all()
    sent = rows.in_force()
    if (special := special_of(field)) is not None:
        reminded = Q(invoice__in=sent.values("invoice"))
        return reminded if special == ANY else ~reminded
    highest = sent.order_by().values("invoice").annotate(highest=Max("level"))
    found = highest.filter(between("highest", read_numbers(field.value)))
    return Q(invoice__in=found.values("invoice"))


def _disputed(field: Field, asking: Asking) -> Q:
    """By what the customer objects to, while it is not settled."""
    disputes = Dispute.objects.filter(closed_at=None)
    if (special := special_of(field)) is not None:
        found = Q(invoice__in=disputes.values("invoice"))
        return found if special == ANY else ~found
    with_words = disputes.filter(folded_contains("reason", field.value))
    return Q(invoice__in=with_words.values("invoice"))


type Reader = Callable[[Field, Asking], Q]
KEYS: dict[str, Reader] = {
    "status": _choice(
        lambda: list(ArchiveStatus.choices),
        lambda wanted, asking: in_states(wanted, on=asking.on),
    ),
    "number": _text("number"),
    "customer": _customer,
    "project": _project,
    "amount": _number_of("signed_gross"),
    "net": _number_of("signed_net"),
    "open": _number_of("open_amount"),
    "date": _day_of("issue_date"),
    "due": _day_of("due_date"),
    "kind": _choice(lambda: list(DocumentKind.choices), _among("kind")),
    "currency": _choice(lambda: list(CURRENCIES), _among("currency")),
    "reference": _text("reference_text"),
    "creator": _creator,
    "exported": _exported,
    "reminder": _reminder,
    "disputed": _disputed,
}
