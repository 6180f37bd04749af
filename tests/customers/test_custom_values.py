"""What a value of the company's own fields is stored as, how it is read and found."""

from typing import Any

import pytest
from django.utils import translation

from customers import errors
from customers.domain import custom_fields
from customers.domain.custom_fields import Match, matches
from customers.models import Customer, CustomField, Project
from tests.factories import CustomerFactory, ProjectFactory

pytestmark = pytest.mark.usefixtures("tenant")


def field(kind: str = "text", **values: Any) -> CustomField:
    return CustomField(target="customer", name="contract", label="Contract", kind=kind, **values)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("text", "  Frame\nagreement ", "Frame agreement"),
        ("text", "a\x00b", "ab"),
        ("text", None, ""),
        ("long_text", "one\r\ntwo", "one\ntwo"),
        ("number", "1 234,50", "1234.5"),
        ("number", "1,234.50", "1234.5"),
        ("number", "-0", "0"),
        ("number", "1000000", "1000000"),
        ("number", " ", ""),
        ("date", "2026-11-21", "2026-11-21"),
        ("choice", "frame", "frame"),
        ("choice", "Single ORDER", "single"),
        ("checkbox", True, True),
        ("checkbox", "1", True),
        ("checkbox", "Nein", False),
        ("checkbox", "", False),
        ("url", "example.com/a", "https://example.com/a"),
        ("url", "http://example.com", "http://example.com"),
        ("email", "anna@example.com", "anna@example.com"),
    ],
)
def test_stored_form(kind: str, typed: Any, stored: Any) -> None:
    choices = [["frame", "Frame agreement"], ["single", "Single order"]]
    value = custom_fields.clean(field(kind, choices=choices), typed)
    assert (type(value), value) == (type(stored), stored)


@pytest.mark.parametrize(
    ("kind", "typed", "refusal"),
    [
        ("text", "x" * 201, errors.CustomValueTooLong),
        ("number", "12a", errors.NoNumber),
        ("number", "1e9", errors.NoNumber),
        ("number", "NaN", errors.NoNumber),
        ("number", "1" * 19, errors.NoNumber),
        ("number", "0.1234567", errors.NoNumber),
        ("date", "21.11.2026", errors.NoDate),
        ("date", "2026-02-30", errors.NoDate),
        ("date", "0026-02-03", errors.YearOutOfReach),
        ("choice", "none of them", errors.NotAmongChoices),
        ("checkbox", "perhaps", errors.NoCheckboxValue),
        ("url", "javascript:alert(1)", errors.NoWebAddress),
        ("url", "javascript://example.com", errors.NoWebAddress),
        ("email", "anna", errors.NoEmail),
    ],
)
def test_refused_by_its_field(kind: str, typed: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as refused:
        custom_fields.clean(field(kind, choices=[["frame", "Frame"]]), typed)
    assert getattr(refused.value, "field", "") == "custom_contract"
    assert "%(" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "stored", "language", "shown"),
    [
        ("number", "1234.5", "de", "1.234,5"),
        ("number", "1234.5", "en", "1,234.5"),
        ("date", "2026-11-21", "de", "21.11.2026"),
        ("choice", "frame", "en", "Frame agreement"),
        ("choice", "gone", "en", "gone"),
        ("checkbox", False, "en", "No"),
        ("text", "", "en", ""),
        ("checkbox", None, "en", ""),
    ],
)
def test_read_by_people(kind: str, stored: Any, language: str, shown: str) -> None:
    of_kind = field(kind, choices=[["frame", "Frame agreement"]])
    assert custom_fields.shown(of_kind, stored, language) == shown
    with translation.override(language):
        assert custom_fields.shown(of_kind, stored) == shown


def test_a_new_record_begins_with_the_defaults() -> None:
    make = CustomField.objects.create
    make(target="customer", name="contract", label="Contract", default="frame")
    make(target="customer", name="vip", label="VIP", kind="checkbox")
    make(target="customer", name="old", label="Old", is_active=False, default="x")
    make(target="project", name="site", label="Site", default="Turku")
    assert custom_fields.for_new("customer") == {"contract": "frame", "vip": False}
    assert custom_fields.for_new("customer", {"contract": "", "vip": "1"}) == {
        "contract": "",
        "vip": True,
    }
    with pytest.raises(errors.CustomFieldGone):
        custom_fields.for_new("customer", {"site": "Espoo"})


def test_what_was_never_set_and_stays_empty_stays_missing() -> None:
    contract = CustomField.objects.create(target="customer", name="contract", label="Contract")
    customer = CustomerFactory(custom_values={"gone": "kept"})
    fields = {"contract": contract}
    assert custom_fields.change_values(customer, fields, {"contract": ""}) == {}
    assert customer.custom_values == {"gone": "kept"}
    changes = custom_fields.change_values(customer, fields, {"contract": "frame"})
    assert changes == {"Contract": ["", "frame"]}
    assert customer.custom_values == {"gone": "kept", "contract": "frame"}


def found(operator: Match, value: str = "", *, name: str = "contract") -> str:
    condition = matches("custom_values", name, operator, value)
    names = Customer.objects.filter(condition).order_by("name").values_list("name", flat=True)
    others = Customer.objects.exclude(condition).count()
    assert len(names) + others == Customer.objects.count()
    return "".join(names)


def test_searching() -> None:
    values: dict[str, dict[str, Any]] = {
        "A": {"contract": "Äänekoski 100%"},
        "B": {"contract": "", "vip": True},
        "C": {},
        "D": {"contract": "frame_1", "vip": False},
    }
    for name, custom_values in values.items():
        CustomerFactory(name=name, custom_values=custom_values)

    assert found(Match.CONTAINS, "AANEK") == "A"
    assert found(Match.CONTAINS, "äänek") == "A"
    assert found(Match.CONTAINS, "%") == "A"
    assert found(Match.CONTAINS, "_") == "D"
    assert found(Match.CONTAINS, "'; DROP TABLE") == ""
    assert found(Match.MISSING) == "C"
    assert found(Match.EMPTY) == "BC"
    assert found(Match.ANY) == "AD"
    assert found(Match.CONTAINS, "1", name="vip") == "B"
    assert found(Match.CONTAINS, "0", name="vip") == "D"
    assert found(Match.CONTAINS, "1") == "AD"
    assert found(Match.MISSING, name="vip") == "AC"
    assert found(Match.CONTAINS, "x", name="a'b\"}") == ""


def test_searching_in_what_a_record_refers_to() -> None:
    customer = CustomerFactory(custom_values={"contract": "frame"})
    project = ProjectFactory(customer=customer)
    ProjectFactory()
    condition = matches("customer__custom_values", "contract", Match.CONTAINS, "FRA")
    assert list(Project.objects.filter(condition)) == [project]
