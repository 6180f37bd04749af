"""Whose template a document gets, and what it keeps of it."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from invoicing.domain.verifying import verify_books
from invoicing.models import DocumentTemplate, DocumentTemplateVersion, Invoice, TemplateChoice
from invoicing.templating.choosing import STANDARD, chosen_for, chosen_of
from tenants.models import Tenant
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory, ProjectFactory
from tests.templating.making import add_version, design_template, html_template


def choose(template: DocumentTemplate, **whom: object) -> None:
    TemplateChoice.objects.create(template=template, **whom)


def test_the_nearest_choice_wins(seller: Tenant) -> None:
    customer = CustomerFactory()
    project = ProjectFactory(customer=customer)
    invoice = draft(customer=customer, project=project)
    assert chosen_of(invoice) is STANDARD

    found = []
    names = ("company", "customer", "project", "document")
    templates = {name: design_template(name) for name in names}
    choose(templates["company"])
    found.append(chosen_of(invoice).template)
    choose(templates["customer"], customer=customer)
    found.append(chosen_of(invoice).template)
    choose(templates["project"], project=project)
    found.append(chosen_of(invoice).template)
    invoice.template = templates["document"]
    found.append(chosen_of(invoice).template)

    assert found == list(templates.values())
    other = draft(customer=CustomerFactory())
    assert chosen_of(other).template == templates["company"]


def test_another_project_of_the_customer_has_the_customers(seller: Tenant) -> None:
    customer = CustomerFactory()
    one, other = ProjectFactory(customer=customer), ProjectFactory(customer=customer)
    choose(design_template("of one"), project=one)
    choose(design_template("of the customer"), customer=customer)
    assert str(chosen_of(draft(customer=customer, project=other)).template) == "of the customer"


def test_there_is_one_choice_for_each(seller: Tenant) -> None:
    template, customer = design_template(), CustomerFactory()
    project = ProjectFactory(customer=customer)
    for whom in ({}, {"customer": customer}, {"project": project}):
        choose(template, **whom)
        with pytest.raises(IntegrityError), transaction.atomic():
            choose(template, **whom)
    with pytest.raises(IntegrityError), transaction.atomic():
        choose(template, customer=customer, project=project)


def test_the_newest_version_without_findings_is_used(seller: Tenant) -> None:
    template = html_template()
    second = add_version(template)
    add_version(template, findings=[["invoice.nummer", "line 3"]])
    choose(template)
    assert chosen_of(draft()).version == second


def test_a_template_without_a_sound_version_is_not_used(seller: Tenant) -> None:
    choose(html_template(findings=[["x", "line 1"]]))
    assert chosen_of(draft()) is STANDARD


def test_posting_freezes_design_and_settings(seller: Tenant) -> None:
    template = design_template("Plain", typeface="serif")
    choose(template)
    invoice = posted({})
    template.design_settings = {"typeface": "sans"}
    template.save()

    invoice.refresh_from_db()
    kept = chosen_of(invoice)
    assert (kept.template, kept.design) == (template, "classic")
    assert kept.settings == {"typeface": "serif"}
    assert [check.faults for check in verify_books() if check.faults] == []


def test_posting_freezes_the_version(seller: Tenant) -> None:
    template = html_template()
    first = template.versions.get()
    choose(template)
    invoice = posted({})
    add_version(template)

    invoice.refresh_from_db()
    assert chosen_of(invoice).version == first
    assert invoice.paper == {
        "template": "Own",
        "version": 1,
        "sha256": first.sha256,
        "fields": {},
    }
    assert chosen_of(posted({})).version != first


def test_what_was_posted_without_a_choice_stays_so(seller: Tenant) -> None:
    invoice = posted({})
    choose(design_template())
    invoice.refresh_from_db()
    assert chosen_of(invoice) is STANDARD
    assert invoice.paper == {}


def test_the_look_is_part_of_what_is_frozen(seller: Tenant) -> None:
    choose(design_template())
    invoice = posted({})
    changes: list[dict[str, object]] = [{"paper": {}}, {"template": None}]
    for change in changes:
        with pytest.raises(DatabaseError, match="is posted"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)


def test_a_version_never_changes_and_stays_while_a_document_names_it(seller: Tenant) -> None:
    template = html_template()
    choose(template)
    posted({})
    versions = DocumentTemplateVersion.objects.filter(template=template)
    with pytest.raises(DatabaseError), transaction.atomic():
        versions.update(content=b"other")
    with pytest.raises(IntegrityError), transaction.atomic():
        versions._raw_delete(using="default")


def test_many_drafts_ask_three_questions(seller: Tenant, django_assert_num_queries: object) -> None:
    template = html_template()
    drafts = [draft(customer=CustomerFactory()) for _count in range(3)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        chosen_for(drafts)
    for invoice in drafts:
        choose(template, customer=invoice.customer)
    with django_assert_num_queries(3):  # type: ignore[operator]
        chosen_for(drafts)
