"""What systems can do: said in words, kept by their code, and nothing else is offered."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.capabilities import broken_claims, capabilities_of
from integrations.http import Http
from integrations.models import Export
from integrations.ports import Access, Can, DocumentField
from integrations.registry import all_systems, document_address, hosts_of
from invoicing.domain.crediting import cancel_invoice
from tenants.models import Membership
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, make_connection, posted, send
from tests.integrations.fake import FakeAdapter, Remote, fake_system

SignIn = Callable[[Membership], Client]


@pytest.mark.parametrize("key", sorted(all_systems()))
def test_claims_and_code_agree(key: str) -> None:
    system = all_systems()[key]
    environment = system.environments[0]
    with Http(hosts_of(environment)) as http:
        adapter = system.open(
            Access(
                key="claims",
                base_url=environment.url,
                credentials=dict.fromkeys(system.form.credential_names, "x"),
                settings={},
                lists={},
                http=http,
                keep_credentials=lambda _credentials: None,
            )
        )
    assert broken_claims(system, adapter) == []


def test_what_is_claimed_and_not_there_is_found() -> None:
    adapter = FakeAdapter(Remote())
    with fake_system(can=frozenset({Can.FINAL, Can.PRODUCTS, Can.APPEND})):
        found = broken_claims(all_systems()["fake"], adapter)
    assert "products without list_products" in found
    assert "append without list_drafts" in found
    assert "appends to drafts that it cannot have" in found
    assert "needs a PDF that it cannot attach" in found
    fields = (DocumentField(key="a", label="A"), DocumentField(key="a", label="B"))
    with fake_system(can=frozenset(), needs_pdf=False, document_fields=fields):
        found = broken_claims(all_systems()["fake"], adapter)
    assert "document_fields and document_choices do not go together" in found
    assert "two document fields have the same key" in found
    assert "documents can be neither unfinished nor finished" in found


def test_what_goes_follows_the_settings_where_they_decide() -> None:
    hq = all_systems()["hq"]
    over_api = {"dialect": "v2", "corrections": "hand"}
    assert hq.abilities({}) == hq.abilities({"dialect": "file"}) == {Can.FILES}
    assert hq.abilities(over_api) == hq.can - {Can.CREDIT_NOTES}
    assert hq.abilities({**over_api, "corrections": "api"}) == hq.can
    shown = [one.key for one in capabilities_of(hq, {"dialect": "file"}) if one.is_there]
    assert shown == [Can.FILES]
    sevdesk = all_systems()["sevdesk"]
    assert sevdesk.abilities({"until": "draft"}) == sevdesk.can


def test_every_capability_has_words_for_both() -> None:
    with fake_system(can=frozenset({Can.SEND})):
        capabilities = capabilities_of(all_systems()["fake"])
    assert [one.key for one in capabilities] == list(Can)
    assert [one.key for one in capabilities if one.is_there] == [Can.SEND]
    words = {str(one.does) for one in capabilities} | {str(one.does_not) for one in capabilities}
    assert len(words) == 2 * len(Can)


@pytest.mark.usefixtures("tenant")
def test_the_connection_s_page_says_what_the_system_can(
    accountant: Membership, signed_in: SignIn
) -> None:
    with fake_system(can=frozenset({Can.FINAL, Can.ATTACH, Can.OWN_NUMBER})):
        page = signed_in(accountant).get("/acme/accounting/new/fake/").content.decode()
    assert "Our PDF goes with them." in page
    assert "Credit notes are not carried over; they are entered there by hand." in page
    assert "Credit notes are carried over." not in page


@pytest.mark.usefixtures("tenant")
def test_customers_are_added_only_where_the_system_takes_them(
    accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    customer = CustomerFactory(name="Uusi Oy")
    with fake_system():
        connection = make_connection(system="fake", name="Fake", environment="production")
        search = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/search/"
        create = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/create/"
        assert "Add it to Fake" in client.get(search).content.decode()
        assert client.get(create).status_code == 200
    with fake_system(can=frozenset({Can.FINAL})):
        page = client.get(search).content.decode()
        assert "Add it to Fake" not in page
        assert "takes no new customers from here" in page
        refused = client.post(create, {"contact_name": "", "email": "", "payment_term_days": ""})
    assert refused.status_code == 422
    assert "Add Uusi Oy there, then link" in refused.content.decode()
    assert not connection.links.exists()


@pytest.mark.usefixtures("tenant")
def test_a_credit_note_the_system_cannot_take_is_for_a_person_before_any_call(
    accountant: Membership,
) -> None:
    with fake_system(can=frozenset({Can.FINAL, Can.ATTACH, Can.OWN_NUMBER})) as remote:
        connection = make_connection(system="fake", name="Fake", environment="production")
        invoice = posted()
        link(connection, invoice.customer)
        note = cancel_invoice(invoice, actor=accountant.user, reason="Twice")
        export = send(Export.objects.get(invoice=note))
    assert export.status == Export.Status.BY_HAND
    assert "takes no credit notes from here" in export.error
    assert str(note.number) in export.error
    assert export.attempts == 0
    assert not remote.done


def test_the_address_of_a_document_there(settings: object) -> None:
    with fake_system(
        document_url="https://fake.example/d/{id}?n={number}", sandbox_document_path="/d/{id}"
    ):
        system = all_systems()["fake"]
        address = document_address(system, "production", remote_id="a b/1", remote_number="R&D")
        assert address == "https://fake.example/d/a%20b%2F1?n=R%26D"
        assert document_address(system, "production", remote_id="", remote_number="1") == ""
        # No sandbox runs, so its page is nowhere.
        assert document_address(system, "sandbox", remote_id="1", remote_number="") == ""
