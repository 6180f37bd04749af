"""Defining the tenant's own fields. A change of a field goes with the values it has already.

Whoever writes values holds the definitions first (`custom_fields.held_fields`), and here they are
locked first: nobody can write a value under a key that is being renamed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max
from django.utils.text import slugify

from core.places import DocumentLanguage
from customers import errors
from customers.domain import carriers, custom_fields
from customers.domain.custom_fields import Kind
from customers.models import CustomField
from tenants.audit import changes_to, log
from tenants.models import User

MOST_FIELDS, MOST_CHOICES, LONGEST_CHOICE = 40, 200, 80
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# What a search means by these words itself: `status:overdue`, `amount:>1000`.
SEARCHED = frozenset(
    {
        "status", "number", "customer", "project", "amount", "date", "due", "currency", "creator",
        "comment", "company", "reference", "exported", "line", "text", "net", "gross", "open",
        "kind",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Usage:
    """How many records have a value in the field; of those, how many cannot change any more."""

    values: int
    kept: int


def usage_of(field: CustomField) -> Usage:
    found = (
        carriers.rows_with(field)
        .filter(carriers.filled(field.name))
        .aggregate(values=Count("pk"), kept=Count("pk", filter=carriers.frozen(field)))
    )
    return Usage(**found)


@transaction.atomic
def add_field(*, actor: User | None, target: str, **values: Any) -> CustomField:
    """Add a field; records that exist do not have it until somebody fills it in."""
    field = CustomField(target=target, **values)
    field.name = _tidy_name(field.name or _key_from(field.label))
    others = CustomField.objects.filter(target=target).aggregate(
        count=Count("pk"), last=Max("position")
    )
    if others["count"] >= MOST_FIELDS:
        raise errors.TooManyFields(most=MOST_FIELDS)
    field.position = (others["last"] or 0) + 1
    _check(field)
    _save(field)
    custom_fields.fields_changed()
    log("custom_field.added", field, actor=actor, **_about(field))
    return field


@transaction.atomic
def change_field(pk: int, *, actor: User | None, **values: Any) -> CustomField:
    """Change a field. Its values follow where they can; where one cannot, nothing is changed."""
    field = _claim(pk)
    before = CustomField.objects.get(pk=pk)
    values.pop("target", None)
    values["name"] = _tidy_name(values.get("name") or field.name)
    changes = changes_to(field, values)
    if not changes:
        return field
    _check(field)
    if {"name", "kind", "choices"} & changes.keys():
        carriers.hold(field)
    if "kind" in changes or (field.kind == Kind.CHOICE and "choices" in changes):
        _convert(before, field)
    if "name" in changes:
        _rename(field, before.name)
    _save(field)
    for name in ("choices", "translations"):
        if name in changes:
            changes[name] = [_listed(getattr(before, name)), _listed(getattr(field, name))]
    custom_fields.fields_changed()
    log("custom_field.changed", field, actor=actor, changes=changes, belongs_to=_target(field))
    return field


@transaction.atomic
def switch_field(pk: int, *, actor: User | None, is_active: bool) -> CustomField:
    """Offer it no more, or again. Its values stay where they are."""
    field = _claim(pk)
    if field.is_active != is_active:
        field.is_active = is_active
        field.save(update_fields=["is_active"])
        action = "custom_field.reactivated" if is_active else "custom_field.deactivated"
        custom_fields.fields_changed()
        log(action, field, actor=actor, belongs_to=_target(field))
    return field


@transaction.atomic
def remove_field(pk: int, *, actor: User | None, losing: int) -> CustomField:
    """Delete a field with its values. `losing`: how many the person agreed to lose."""
    field = _claim(pk)
    carriers.hold(field)
    usage = usage_of(field)
    if usage.kept:
        raise errors.FieldIsFrozen(field=field.label, count=usage.kept)
    if usage.values > losing:
        raise errors.FieldHasValues(field=field.label, count=usage.values)
    carriers.drop_key(field)
    custom_fields.fields_changed()
    log("custom_field.removed", field, actor=actor, **_about(field), values=usage.values)
    field.delete()
    return field


@transaction.atomic
def order_fields(target: str, keys: Sequence[int], *, actor: User | None) -> None:
    """Put these first, in this order; the others follow in theirs."""
    fields = list(
        CustomField.objects.select_for_update().filter(target=target).order_by("position", "pk")
    )
    place = {pk: number for number, pk in enumerate(keys)}
    ordered = sorted(fields, key=lambda field: place.get(field.pk, len(place)))
    if ordered == fields:
        return
    for position, field in enumerate(ordered, start=1):
        field.position = position
    CustomField.objects.bulk_update(ordered, ["position"])
    custom_fields.fields_changed()
    log(
        "custom_field.ordered",
        actor=actor,
        belongs_to=_target(ordered[0]),
        fields=[field.label for field in ordered],
    )


def _claim(pk: int) -> CustomField:
    field: CustomField | None = CustomField.objects.select_for_update().filter(pk=pk).first()
    if field is None:
        raise errors.FieldGone
    return field


def _tidy_name(name: str) -> str:
    return name.strip().lower()


def _key_from(label: str) -> str:
    return slugify(label).strip("-_")[:40]


def _check(field: CustomField) -> None:
    field.label = " ".join(field.label.split())
    if not field.label:
        raise errors.FieldWithoutLabel
    if not KEY.fullmatch(field.name):
        raise errors.BadFieldKey(name=field.name)
    if field.target == CustomField.Target.DOCUMENT and field.name in SEARCHED:
        raise errors.FieldKeyReserved(name=field.name)
    others = CustomField.objects.filter(target=field.target).exclude(pk=field.pk)
    if other := others.filter(name=field.name).first():
        raise errors.FieldKeyTaken(name=field.name, other=other.label)
    if others.filter(label__iexact=field.label).exists():
        raise errors.FieldLabelTaken(label=field.label)
    field.translations = {
        language: " ".join(words.split())
        for language, words in field.translations.items()
        if language in DocumentLanguage.values and words.strip()
    }
    if field.target not in CustomField.PRINTABLE:
        field.is_printed = False
    field.choices = _tidy_choices(field.choices) if field.kind == Kind.CHOICE else []
    if field.kind == Kind.CHECKBOX:
        # A box that must be ticked would be no question.
        field.is_required = False
    try:
        field.default = custom_fields.clean(field, field.default)
    except errors.CustomValueRefused as refused:
        raise errors.DefaultRefused(why=refused) from refused


def _tidy_choices(choices: Sequence[Sequence[str]]) -> list[list[str]]:
    tidy: dict[str, list[str]] = {}
    labels = set()
    for key, label in choices:
        pair = [" ".join(key.split()), " ".join(label.split())]
        if not all(pair):
            raise errors.EmptyChoice
        if longest := next((words for words in pair if len(words) > LONGEST_CHOICE), ""):
            raise errors.ChoiceTooLong(choice=longest[:30], longest=LONGEST_CHOICE)
        if pair[0].casefold() in tidy or pair[1].casefold() in labels:
            raise errors.ChoiceTwice(choice=pair[1])
        tidy[pair[0].casefold()] = pair
        labels.add(pair[1].casefold())
    if not tidy:
        raise errors.NoChoices
    if len(tidy) > MOST_CHOICES:
        raise errors.TooManyChoices(most=MOST_CHOICES)
    return list(tidy.values())


def _convert(before: CustomField, after: CustomField) -> None:
    """Bring each value into the form of the new kind, or say how many do not fit."""
    is_new_kind = before.kind != after.kind
    misfits, example, kept = 0, "", 0
    replaced: dict[str, Any] = {}
    for text, rows, frozen in carriers.values_of(before):
        old: Any = text == "true" if before.kind == Kind.CHECKBOX else text
        try:
            new = custom_fields.clean(after, old)
        except errors.CustomValueRefused:
            # A choice that is gone may stay on what cannot change; it shows its key there.
            wrong = rows if is_new_kind else rows - frozen
            misfits, example = misfits + wrong, example or (text if wrong else "")
            continue
        if new != old:
            replaced[text] = new
            kept += frozen if text else 0
    if misfits:
        refusal = errors.ValuesDoNotFit if is_new_kind else errors.ChoicesInUse
        raise refusal(count=misfits, example=example[:40], kind=after.get_kind_display())
    if kept and is_new_kind:
        raise errors.FrozenValuesDoNotFit(count=kept)
    if replaced:
        carriers.replace_values(before, replaced)


def _rename(field: CustomField, old: str) -> None:
    kept = carriers.rows_with(field, old).filter(carriers.filled(old), carriers.frozen(field))
    if count := kept.count():
        raise errors.KeyIsFrozen(name=old, count=count)
    carriers.rename_key(field, old, field.name)


def _save(field: CustomField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as refused:
        diag = getattr(refused.__cause__, "diag", None)
        if diag is not None and diag.constraint_name == "customfield_name":
            raise errors.FieldKeyTaken(name=field.name, other=field.name) from refused
        raise


def _about(field: CustomField) -> dict[str, Any]:
    return {"belongs_to": _target(field), "key": field.name, "kind": str(field.get_kind_display())}


def _target(field: CustomField) -> str:
    return str(field.get_target_display())


def _listed(value: Any) -> str:
    pairs = value.items() if isinstance(value, dict) else value
    return ", ".join(f"{key}: {label}" for key, label in pairs)
