"""Customers, their contacts and projects: every change is one transaction with its audit entry."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast

from customers.domain import custom_fields
from customers.errors import CurrencyInUse
from customers.models import Contact, Customer, Project
from tenants.audit import changes_to, log
from tenants.models import User

FIRST_NUMBER = 1001


def next_customer_number() -> str:
    """Propose the number after the highest one; numbers with letters do not count."""
    numeric = Customer.objects.filter(number__regex=r"^[0-9]{1,9}$")
    highest = numeric.aggregate(highest=Max(Cast("number", IntegerField())))["highest"]
    return str(highest + 1 if highest else FIRST_NUMBER)


@transaction.atomic
def add_customer(
    *, actor: User, custom_values: Mapping[str, Any] | None = None, **values: Any
) -> Customer:
    values["custom_values"] = custom_fields.for_new("customer", custom_values)
    customer: Customer = Customer.objects.create(**values)
    log("customer.added", customer, actor=actor, number=customer.number)
    return customer


@transaction.atomic
def change_customer(
    customer: Customer,
    *,
    actor: User,
    custom_values: Mapping[str, Any] | None = None,
    **values: Any,
) -> Customer:
    """Change a customer. Documents posted earlier keep what they were posted with."""
    fields = custom_fields.held_fields("customer") if custom_values else {}
    # Documents that are being made go on: they refer to its key, which stays.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if values.get("currency", customer.currency) != customer.currency:
        # But for this nobody may begin any work meanwhile.
        Customer.objects.select_for_update().get(pk=customer.pk)
        _refuse_when_work_exists(customer)
    changes = changes_to(customer, values)
    columns = [*changes, "custom_values"]
    changes |= custom_fields.change_values(customer, fields, custom_values or {})
    if changes:
        customer.save(update_fields=columns)
        log("customer.changed", customer, actor=actor, changes=changes)
    return customer


def _refuse_when_work_exists(customer: Customer) -> None:
    # By name, not by import: the room of hours lies to the right of this one.
    has_work = Project.objects.filter(customer=customer, time_entries__isnull=False).exists()
    for what in ("charges", "subscriptions", "usage", "prepaid_hours"):
        has_work = has_work or (
            Customer.objects.filter(pk=customer.pk, **{f"{what}__isnull": False}).exists()
        )
    if has_work:
        raise CurrencyInUse(currency=customer.currency)


@transaction.atomic
def add_contact(customer: Customer, *, actor: User, **values: Any) -> Contact:
    if values.get("gets_invoices"):
        _let_nobody_get_invoices(customer)
    contact: Contact = Contact.objects.create(customer=customer, **values)
    log("contact.added", contact, actor=actor, customer=customer.name)
    return contact


@transaction.atomic
def change_contact(contact: Contact, *, actor: User, **values: Any) -> Contact:
    """One contact of a customer gets the invoices: choosing another takes it from the first."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if values.get("gets_invoices") and not contact.gets_invoices:
        _let_nobody_get_invoices(contact.customer)
    changes = changes_to(contact, values)
    if changes:
        contact.save(update_fields=list(changes))
        log("contact.changed", contact, actor=actor, changes=changes)
    return contact


def _let_nobody_get_invoices(customer: Customer) -> None:
    Contact.objects.filter(customer=customer, gets_invoices=True).update(gets_invoices=False)


@transaction.atomic
def remove_contact(contact: Contact, *, actor: User) -> None:
    """Documents carry the contact's name as text, so nothing refers to the row."""
    log("contact.removed", contact, actor=actor, customer=contact.customer.name)
    contact.delete()


@transaction.atomic
def add_project(
    *, actor: User, custom_values: Mapping[str, Any] | None = None, **values: Any
) -> Project:
    values["custom_values"] = custom_fields.for_new("project", custom_values)
    project: Project = Project.objects.create(**values)
    log("project.added", project, actor=actor, customer=project.customer.name)
    return project


@transaction.atomic
def change_project(
    project: Project,
    *,
    actor: User,
    custom_values: Mapping[str, Any] | None = None,
    **values: Any,
) -> Project:
    """Change a project; its customer stays, because hours and documents were made for them."""
    fields = custom_fields.held_fields("project") if custom_values else {}
    project = Project.objects.select_for_update().get(pk=project.pk)
    values.pop("customer", None)
    changes = changes_to(project, values)
    columns = [*changes, "custom_values"]
    changes |= custom_fields.change_values(project, fields, custom_values or {})
    if changes:
        project.save(update_fields=columns)
        log("project.changed", project, actor=actor, changes=changes)
    return project
