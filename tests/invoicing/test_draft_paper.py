"""The paper beside the form of a draft: what saving would make of it, and nothing saved."""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from invoicing.models import Invoice, InvoiceLine
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import pages, words
from tests.factories import TaxRateFactory
from tests.invoicing.drafts import blank, drafted, line, sent, stored_line

SignIn = Callable[[Membership], Client]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def draft(tenant: Tenant) -> Invoice:
    TaxRateFactory()
    return blank()


def url(draft: Invoice, rest: str = "paper/") -> str:
    return f"/acme/drafts/{draft.pk}/{rest}"


def paper_of(client: Client, draft: Invoice, **data: object) -> str:
    """The words on the paper that the fragment leads to."""
    answer = client.post(url(draft), data)
    assert answer.status_code == 200
    found = re.search(r'src="([^"#]+)', answer.text)
    assert found is not None, answer.text
    return words(pages(client.get(found[1].replace("&amp;", "&")).content))


def test_it_shows_what_is_typed_and_saves_nothing(
    draft: Invoice, signed_in: SignIn, accountant: Membership
) -> None:
    client = signed_in(accountant)
    entries = AuditEntry.objects.count()
    data = sent(draft, [line("Typed just now")], comment="Not saved yet", language="de")

    text = paper_of(client, draft, **data)

    for expected in ("Typed just now", "Not saved yet", "Rechnung", "Entwurf", "200,00"):
        assert expected in text
    fresh = Invoice.objects.get(pk=draft.pk)
    assert (fresh.comment, fresh.version, fresh.language) == ("", draft.version, draft.language)
    assert not InvoiceLine.objects.exists()
    assert AuditEntry.objects.count() == entries


def test_each_paper_is_its_own_and_its_readers_alone(
    draft: Invoice, signed_in: SignIn, accountant: Membership, owner: Membership
) -> None:
    client = signed_in(accountant)
    first = client.post(url(draft), sent(draft, [line("First")])).text
    second = client.post(url(draft), sent(draft, [line("Second")])).text
    address = re.search(r'src="([^"#]+)', first)
    assert address is not None
    assert address[1] not in second
    assert "First" in words(pages(client.get(address[1]).content))
    # Somebody else sees what is stored, which has no lines.
    assert "First" not in words(pages(signed_in(owner).get(address[1]).content))


def test_lines_with_hours_may_be_taken_off_on_paper(
    tenant: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    from tests.factories import TimeEntryFactory

    TaxRateFactory()
    draft = drafted(TimeEntryFactory(minutes=60))
    text = paper_of(signed_in(accountant), draft, **sent(draft, [line("Instead")]))
    assert "Instead" in text
    assert draft.lines.count() == 1
    key, stored = stored_line(draft)
    assert stored["text"] in paper_of(signed_in(accountant), draft, **sent(draft, [(key, stored)]))


def test_a_form_with_mistakes_has_no_paper_and_says_so(
    draft: Invoice, signed_in: SignIn, accountant: Membership
) -> None:
    answer = signed_in(accountant).post(url(draft), sent(draft, [line(quantity="many")]))
    assert answer.status_code == 200
    assert "<iframe" not in answer.text
    assert "The form has mistakes" in answer.text


def test_a_form_made_from_an_older_version_says_so(
    draft: Invoice, signed_in: SignIn, accountant: Membership
) -> None:
    data = sent(draft, [line()])
    Invoice.objects.filter(pk=draft.pk).update(version=draft.version + 1)
    answer = signed_in(accountant).post(url(draft), data)
    assert "<iframe" not in answer.text
    assert 'role="status"' in answer.text


def test_letters_that_no_font_has_are_named(
    draft: Invoice, signed_in: SignIn, accountant: Membership
) -> None:
    client = signed_in(accountant)
    data = sent(draft, [line("Reise nach 東京")], billing_name="漢字 Oy")
    assert "printed as boxes: 漢 字 東 京" in client.post(url(draft), data).text
    assert "boxes" not in client.post(url(draft), sent(draft, [line("Žižkov, Ωμέγα")])).text


def test_the_form_names_them_too(draft: Invoice, signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    assert "printed as boxes" not in client.get(url(draft, "")).text
    draft.billing_name = "北京 GmbH"
    draft.save()
    assert "printed as boxes: 北 京." in client.get(url(draft, "")).text


def test_who_may_not_edit_gets_no_paper(
    draft: Invoice, signed_in: SignIn, member: Membership, auditor: Membership
) -> None:
    for membership in (member, auditor):
        assert signed_in(membership).post(url(draft), sent(draft)).status_code == 403
