"""One statement in a scope of its own, sent in one go."""

from typing import Any

import pytest
from django.db import DataError, connection

from customers.models import Customer
from tenants.scope import in_one_question, tenant_scope
from tests.factories import CustomerFactory, TenantFactory

pytestmark = pytest.mark.usefixtures("committed_db")

NAMES = "SELECT string_agg(name, ', ' ORDER BY id) FROM customers_customer"
RENAME = "UPDATE customers_customer SET name = %(name)s RETURNING name"


@pytest.fixture
def company_ids() -> tuple[int, int]:
    made = []
    for name in ("Ours", "Theirs"):
        company = TenantFactory()
        with tenant_scope(company.pk):
            CustomerFactory(name=name)
        made.append(company.pk)
    return made[0], made[1]


def _names(company_id: int) -> list[str]:
    with tenant_scope(company_id):
        return list(Customer.objects.values_list("name", flat=True))


@pytest.mark.parametrize("lasts", [True, False])
def test_it_sees_and_changes_one_company(company_ids: tuple[int, int], lasts: bool) -> None:
    ours, theirs = company_ids
    assert in_one_question(ours, NAMES, {}, lasts=lasts) == ("Ours",)
    assert in_one_question(ours, RENAME, {"name": "New"}, lasts=lasts) == ("New",)
    assert (_names(ours), _names(theirs)) == (["New"], ["Theirs"])


def test_nothing_is_left_of_its_scope(company_ids: tuple[int, int]) -> None:
    with connection.cursor() as cursor:
        # The tests' server waits for no disk at all.
        cursor.execute("SET synchronous_commit = on")
        in_one_question(company_ids[0], NAMES, {}, lasts=False)
        cursor.execute(
            "SELECT current_setting('app.tenant_id', true), current_setting('synchronous_commit')"
        )
        company, commit = cursor.fetchone()
        cursor.execute("RESET synchronous_commit")
    assert not company
    assert commit == "on"
    assert not connection.in_atomic_block


def test_a_statement_that_breaks_changes_nothing(company_ids: tuple[int, int]) -> None:
    breaking = f"WITH renamed AS ({RENAME}) SELECT 1 / (count(*) - 1) FROM renamed"
    with pytest.raises(DataError):
        in_one_question(company_ids[0], breaking, {"name": "New"})
    assert _names(company_ids[0]) == ["Ours"]


def test_inside_a_transaction_it_is_part_of_it(company_ids: tuple[int, int]) -> None:
    class Enough(Exception):
        pass

    def rename(values: dict[str, Any]) -> None:
        with tenant_scope(company_ids[0]):
            assert in_one_question(company_ids[0], RENAME, values) == ("New",)
            raise Enough

    with pytest.raises(Enough):
        rename({"name": "New"})
    assert _names(company_ids[0]) == ["Ours"]
