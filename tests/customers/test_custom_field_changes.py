"""Defining fields: what is refused, and what becomes of the values there are."""

from datetime import date
from typing import Any

import pytest

from customers import errors
from customers.domain import custom_field_changes as changes
from customers.models import Customer, CustomField
from invoicing.domain.drafting import new_draft
from invoicing.models import Invoice
from tenants.models import AuditEntry
from tests.factories import CustomerFactory, HoursLockFactory, TaskFactory, TimeEntryFactory
from timesheets.models import TimeEntry

pytestmark = pytest.mark.usefixtures("tenant")


def add(label: str = "Contract", target: str = "customer", **values: Any) -> CustomField:
    return changes.add_field(actor=None, target=target, label=label, **values)


def change(field: CustomField, **values: Any) -> CustomField:
    return changes.change_field(field.pk, actor=None, **values)


def carrying(*values: Any, name: str = "contract") -> None:
    for number, value in enumerate(values):
        custom_values = {} if value is None else {name: value}
        CustomerFactory(name=f"C{number}", custom_values=custom_values)


def carried(name: str = "contract") -> list[Any]:
    rows = Customer.objects.order_by("name").values_list("custom_values", flat=True)
    return [values.get(name) for values in rows]


def test_the_key_is_made_from_the_label() -> None:
    field = add("Own  Reference Ä 2")
    assert (field.name, field.label, field.position) == (
        "own-reference-a-2",
        "Own Reference Ä 2",
        1,
    )
    assert add("Second").position == 2
    assert add("Second", "project").position == 1
    entry = AuditEntry.objects.earliest("pk")
    assert entry.action == "custom_field.added"
    assert entry.detail == {"belongs_to": "Customers", "key": "own-reference-a-2", "kind": "Text"}


@pytest.mark.parametrize(
    ("values", "refusal", "at"),
    [
        ({"label": "  "}, errors.FieldWithoutLabel, "label"),
        ({"name": "2nd"}, errors.BadFieldKey, "name"),
        ({"name": "two words"}, errors.BadFieldKey, "name"),
        ({"label": "Ж"}, errors.BadFieldKey, "name"),
        ({"name": "status", "target": "document"}, errors.FieldKeyReserved, "name"),
        ({"name": "taken"}, errors.FieldKeyTaken, "name"),
        ({"label": "TAKEN"}, errors.FieldKeyTaken, "name"),
        ({"label": "TAKEN", "name": "free"}, errors.FieldLabelTaken, "label"),
        ({"kind": "choice"}, errors.NoChoices, "choices"),
        ({"kind": "choice", "choices": [["a", "A"], ["A", "B"]]}, errors.ChoiceTwice, "choices"),
        ({"kind": "choice", "choices": [["a", ""]]}, errors.EmptyChoice, "choices"),
        ({"kind": "number", "default": "many"}, errors.DefaultRefused, "default"),
        (
            {"kind": "choice", "choices": [["a", "A"]], "default": "b"},
            errors.DefaultRefused,
            "default",
        ),
    ],
)
def test_refused(values: dict[str, Any], refusal: type[Exception], at: str) -> None:
    add("Taken")
    with pytest.raises(refusal) as refused:
        add(**{"label": "Free", **values})
    assert getattr(refused.value, "field", "") == at
    assert "%(" not in str(refused.value)
    assert CustomField.objects.count() == 1


def test_what_does_not_belong_to_the_kind_is_left_out() -> None:
    field = add(
        kind="checkbox", is_required=True, default="1", choices=[["a", "A"]], target="task",
        is_printed=True, translations={"fi": " Sopimus ", "xx": "y", "de": ""},
    )  # fmt: skip
    assert (field.is_required, field.default, field.choices) == (False, True, [])
    assert (field.is_printed, field.translations) == (False, {"fi": "Sopimus"})


def test_a_renamed_key_takes_its_values_along() -> None:
    field = add()
    carrying("frame", None, "")
    change(field, name="agreement")
    assert carried() == [None, None, None]
    assert carried("agreement") == ["frame", None, ""]
    assert AuditEntry.objects.latest("pk").detail["changes"] == {"name": ["contract", "agreement"]}


def test_values_that_fit_follow_into_another_kind() -> None:
    field = add()
    carrying("1 234,50", "", None, "7")
    change(field, kind="number")
    assert carried() == ["1234.5", "", None, "7"]
    change(field, kind="text")
    assert carried() == ["1234.5", "", None, "7"]


def test_values_that_do_not_fit_are_counted_and_nothing_changes() -> None:
    field = add()
    carrying("1", "many", "some", "")
    with pytest.raises(errors.ValuesDoNotFit, match=r"Number” .2, like “many”"):
        change(field, kind="number", label="Amount")
    field.refresh_from_db()
    assert (field.kind, field.label, carried()) == ("text", "Contract", ["1", "many", "some", ""])


def test_a_text_becomes_a_choice_by_key_or_label_and_a_checkbox_a_text() -> None:
    field = add()
    carrying("frame", "Single order")
    change(field, kind="choice", choices=[["frame", "Frame agreement"], ["single", "Single order"]])
    assert carried() == ["frame", "single"]
    ticked = add("VIP", kind="checkbox")
    carrying(True, False, name="vip")
    change(ticked, kind="text")
    assert [value for value in carried("vip") if value is not None] == ["1", "0"]


def test_a_choice_in_use_cannot_be_taken_away() -> None:
    field = add(kind="choice", choices=[["a", "A"], ["b", "B"]])
    carrying("a", "b", "b")
    with pytest.raises(errors.ChoicesInUse, match=r"2, like “b”"):
        change(field, choices=[["a", "A"]])
    change(field, choices=[["b", "Beta"], ["a", "A"]])
    assert carried() == ["a", "b", "b"]


def test_what_is_frozen_keeps_key_kind_and_field() -> None:
    field = add("Place", "time_entry")
    entry = TimeEntryFactory(custom_values={"place": "1,5"})
    TimeEntryFactory(custom_values={"place": "2,5"})
    HoursLockFactory(member=entry.member)
    with pytest.raises(errors.KeyIsFrozen, match=r"hours .1.,"):
        change(field, name="site")
    with pytest.raises(errors.FrozenValuesDoNotFit, match=r"differently .1.,"):
        change(field, kind="number")
    with pytest.raises(errors.FieldIsFrozen, match=r"“Place” has values .* .1.,"):
        changes.remove_field(field.pk, actor=None, losing=5)
    change(field, kind="long_text", label="Site")
    assert [values["place"] for values in TimeEntry.objects.values_list("custom_values", flat=True)]
    changes.switch_field(field.pk, actor=None, is_active=False)
    assert not CustomField.objects.get().is_active


def test_a_frozen_choice_may_leave_the_list() -> None:
    field = add("Place", "time_entry", kind="choice", choices=[["a", "A"], ["b", "B"]])
    entry = TimeEntryFactory(custom_values={"place": "a"})
    HoursLockFactory(member=entry.member)
    change(field, choices=[["b", "B"]])
    assert TimeEntry.objects.get().custom_values == {"place": "a"}


def test_deleting_says_how_many_values_go() -> None:
    field = add()
    carrying("frame", "", None, "single")
    assert changes.usage_of(field) == changes.Usage(values=2, kept=0)
    with pytest.raises(errors.FieldHasValues, match=r"were told .2."):
        changes.remove_field(field.pk, actor=None, losing=1)
    changes.remove_field(field.pk, actor=None, losing=2)
    assert carried() == [None, None, None, None]
    assert not CustomField.objects.exists()
    assert AuditEntry.objects.latest("pk").detail["values"] == 2


def test_other_records_with_the_same_key_are_left_alone() -> None:
    field = add("Note", "task")
    add("Note", "document")
    TaskFactory(custom_values={"note": "x"})
    draft = new_draft(customer=CustomerFactory(), actor=None, issue_date=date(2026, 11, 1))
    Invoice.objects.filter(pk=draft.pk).update(custom_values={"note": "y"})
    changes.remove_field(field.pk, actor=None, losing=1)
    assert Invoice.objects.get().custom_values == {"note": "y"}


def test_order() -> None:
    first, second, third = add("A"), add("B"), add("C")
    changes.order_fields("customer", [third.pk, first.pk], actor=None)
    found = CustomField.objects.order_by("position").values_list("label", flat=True)
    assert list(found) == ["C", "A", "B"]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.detail["fields"]) == ("custom_field.ordered", ["C", "A", "B"])
    changes.order_fields("customer", [third.pk, first.pk, second.pk], actor=None)
    assert AuditEntry.objects.filter(action="custom_field.ordered").count() == 1


def test_there_is_an_end_to_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_FIELDS", 1)
    add("A")
    with pytest.raises(errors.TooManyFields):
        add("B")
