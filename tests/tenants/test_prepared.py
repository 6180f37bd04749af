"""Queries whose SQL is made once: the same rows as the queryset, for every company and value."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from tenants.prepared import prepared, together
from tenants.scope import TenantScopeError, tenant_scope
from tests.factories import CustomerFactory, TenantFactory

pytestmark = pytest.mark.django_db


def test_each_company_and_each_value_finds_its_own() -> None:
    @prepared
    def of_pk(pk: int) -> QuerySet[Any]:
        return Customer.objects.filter(pk=pk).select_related("tenant")

    ours, theirs = TenantFactory(), TenantFactory()
    with tenant_scope(ours.pk):
        first, second = CustomerFactory(name="First"), CustomerFactory(name="Second")
        assert [one.name for one in of_pk(first.pk)] == ["First"]
        assert [one.name for one in of_pk(second.pk)] == ["Second"]
    with tenant_scope(theirs.pk):
        third = CustomerFactory(name="Third")
        assert of_pk(first.pk) == []
        assert [(one.name, one.tenant) for one in of_pk(third.pk)] == [("Third", theirs)]
    with pytest.raises(TenantScopeError):
        of_pk(first.pk)


def test_numbers_that_are_the_same_by_chance_stay_apart(tenant: Any) -> None:
    """The company's, two that are given, and one of the rule itself."""

    @prepared
    def between(low: int, high: int) -> QuerySet[Any]:
        known = Customer.objects.filter(pk__gt=low, pk__lt=high, payment_term_days=tenant.pk)
        return known.order_by("pk").values_list("pk", flat=True)

    made = [CustomerFactory(payment_term_days=tenant.pk).pk for _number in range(3)]
    assert between(tenant.pk, tenant.pk) == []
    assert between(made[0] - 1, made[2]) == made[:2]


def test_the_rule_is_asked_anew_each_time(tenant: Any) -> None:
    @prepared
    def all_of_them(pk: int) -> QuerySet[Any]:
        return Customer.objects.filter(pk__gte=pk)

    first = CustomerFactory()
    assert len(all_of_them(first.pk)) == 1
    CustomerFactory()
    assert len(all_of_them(first.pk)) == 2


def test_what_is_computed_of_a_value_is_refused(tenant: Any) -> None:
    @prepared
    def up_to(pk: int) -> QuerySet[Any]:
        return Customer.objects.filter(pk__lt=pk + 1)

    with pytest.raises(AssertionError, match="up_to asks"):
        up_to(7)


def test_keywords_decide_what_is_asked(tenant: Any) -> None:
    @prepared
    def some(pk: int, *, most: int) -> QuerySet[Any]:
        return Customer.objects.filter(pk__gte=pk).order_by("pk")[:most]

    made = [CustomerFactory() for _number in range(3)]
    assert some(made[0].pk, most=1) == made[:1]
    assert some(made[0].pk, most=2) == made[:2]
    assert some(made[1].pk, most=1) == made[1:2]


def test_several_are_asked_in_one_go(tenant: Any) -> None:
    @prepared
    def named(pk: int) -> QuerySet[Any]:
        return Customer.objects.filter(pk=pk).select_related("tenant")

    @prepared
    def terms_from(pk: int) -> QuerySet[Any]:
        known = Customer.objects.filter(pk__gte=pk).order_by("payment_term_days")
        return known.values_list("payment_term_days", flat=True)

    made = [CustomerFactory(name=f"%s {days}", payment_term_days=days) for days in (7, 14, 30)]
    with CaptureQueriesContext(connection) as asked:
        first, days, nobody, last = together(
            named.question(made[0].pk),
            terms_from.question(made[1].pk),
            named.question(made[2].pk + 1),
            named.question(made[2].pk),
        )
    assert [one.name for one in first] == ["%s 7"]
    assert days == [14, 30]
    assert nobody == []
    assert [(one.name, one.tenant) for one in last] == [("%s 30", tenant)]
    assert len(asked) == 1
