"""The pages where a company chooses a design and sets it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from core.places import DocumentLanguage
from invoicing.documents.designs.registry import designs
from invoicing.documents.printed import printed_invoice
from invoicing.domain.designs import add_design, change_design, free_name
from invoicing.models import DocumentTemplate, Invoice, TemplateChoice
from invoicing.templating.errors import NameTaken
from tenants.models import AuditEntry, Membership, Tenant, User
from tests.documents.making import draft, pages, posted, words
from tests.documents.test_pictures import difference
from tests.documents.thumbnails import THUMBNAILS, thumbnail

SignIn = Callable[[Membership], Client]
URL = "/acme/company/documents/designs/"
SENT: dict[str, Any] = {
    "name": "Ours", "design": "band", "columns": ["text", "days", "net"], "payment": "plain",
    "qr": "on", "work_report": "people", "typeface": "serif", "size": "9.5", "logo_height": "12",
    "logo_side": "right", "before_en": "Thank you.", "footer_fi": "Jäsen.", "is_usual": "on",
}  # fmt: skip


@pytest.fixture
def actor(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


def design(actor: User, **settings: Any) -> DocumentTemplate:
    template = add_design("nordic", name="Ours", actor=actor)
    return change_design(
        template, name="Ours", design="nordic", settings=settings, is_usual=True, actor=actor
    )


class TestChoosing:
    def test_the_gallery_makes_a_template_of_a_design(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        client = signed_in(accountant)
        text = client.get(URL).text
        assert all(f"designs/{key}" in text for key in designs())
        answer = client.post(URL, {"design": "band"}, follow=True)
        template = DocumentTemplate.objects.get()
        assert (template.name, template.design) == ("Band", "band")
        assert answer.redirect_chain[-1][0] == f"{URL}{template.pk}/"
        client.post(URL, {"design": "band"})
        assert DocumentTemplate.objects.filter(name="Band 2").exists()
        assert client.post(URL, {"design": "baroque"}).status_code == 200
        assert DocumentTemplate.objects.count() == 2

    def test_names_are_given_once(self, seller: Tenant, actor: User) -> None:
        add_design("band", name="Ours", actor=actor)
        assert free_name("ours") == "ours 2"
        with pytest.raises(NameTaken):
            add_design("band", name="OURS", actor=actor)

    def test_the_pictures_are_those_of_the_designs(self) -> None:
        """`scripts/draw_designs.py` makes them anew."""
        assert {path.stem for path in THUMBNAILS.glob("*.png")} == set(designs())
        for key in designs():
            with Image.open(THUMBNAILS / f"{key}.png") as picture:
                assert difference(thumbnail(key).convert("L"), picture.convert("L")) <= 60, key


class TestSetting:
    def test_what_is_sent_is_how_documents_look(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership, actor: User
    ) -> None:
        template = add_design("nordic", name="Mine", actor=actor)
        before = posted({})
        answer = signed_in(accountant).post(f"{URL}{template.pk}/", SENT)
        assert answer.status_code == 302
        template.refresh_from_db()
        assert (template.name, template.design) == ("Ours", "band")
        look = printed_invoice(draft({})).letterhead.look
        assert look.design.key == "band"
        assert [str(column) for column in look.settings.columns] == ["text", "days", "net"]
        assert (look.settings.size, look.settings.logo_side) == (Decimal("9.5"), "right")
        assert (look.settings.bar_code, look.settings.qr) == (False, True)
        assert printed_invoice(draft({}, language="en")).before == "Thank you."
        old = Invoice.objects.get(pk=before.pk)
        assert printed_invoice(old).letterhead.look.design.key == "classic"
        assert {entry.action for entry in AuditEntry.objects.all()} >= {
            "template.added", "template.changed", "template.chosen",
        }  # fmt: skip

    def test_what_was_posted_keeps_its_settings(self, seller: Tenant, actor: User) -> None:
        template = design(actor, size="8")
        invoice = posted({})
        change_design(
            template, name="Ours", design="band", settings={}, is_usual=False, actor=actor
        )
        look = printed_invoice(Invoice.objects.get(pk=invoice.pk)).letterhead.look
        assert (look.design.key, look.settings.size) == ("nordic", Decimal(8))
        assert not TemplateChoice.objects.exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            ("name", "", "is empty"),
            ("size", "40", "less than or equal to 10.5"),
            ("logo_height", "3", "greater than or equal to 8"),
            ("columns", ["colour"], "not one of the available"),
            ("before_en", "x" * 2001, "at most 2000"),
            ("design", "baroque", "not one of the available"),
        ],
    )
    def test_a_mistake_is_told_and_nothing_is_lost(
        self, signed_in: SignIn, accountant: Membership, actor: User, wrong: tuple[str, Any, str]
    ) -> None:
        field, value, said = wrong
        template = add_design("nordic", name="Mine", actor=actor)
        client = signed_in(accountant)
        answer = client.post(f"{URL}{template.pk}/", SENT | {field: value})
        assert answer.status_code == 422
        assert said in answer.text
        assert "Jäsen." in answer.text
        paper = client.post(f"{URL}{template.pk}/paper/", SENT | {field: value})
        assert paper.status_code == 200
        template.refresh_from_db()
        assert template.name == "Mine"

    def test_another_one_of_the_name_is_told_by_its_field(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership, actor: User
    ) -> None:
        add_design("band", name="Ours", actor=actor)
        template = add_design("nordic", name="Mine", actor=actor)
        answer = signed_in(accountant).post(f"{URL}{template.pk}/", SENT)
        assert (answer.status_code, "Another template has this name." in answer.text) == (422, True)

    def test_as_usual_is_shown_and_saved_by_the_next_step(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership, actor: User
    ) -> None:
        template = design(actor, payment="none", before={"en": "Hello there"})
        client = signed_in(accountant)
        answer = client.post(f"{URL}{template.pk}/", {"reset": "1"})
        assert "Save to keep them so." in answer.text
        assert "Hello there" not in answer.text
        template.refresh_from_db()
        assert template.design_settings == {"payment": "none", "before": {"en": "Hello there"}}

    def test_the_paper_beside_is_what_the_form_is(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership, actor: User
    ) -> None:
        template = add_design("nordic", name="Mine", actor=actor)
        client = signed_in(accountant)
        sent = SENT | {"sample_language": "en", "before_en": "Kiitos 漢"}
        answer = client.post(f"{URL}{template.pk}/paper/", sent)
        assert "no letter for 漢" in answer.text
        address = answer.text.split('src="')[1].split("#")[0]
        whole = words(pages(client.get(address).content))
        assert "Kiitos □" in whole
        assert "Unit price" not in whole
        assert "Aino Kuusi" in whole

    @pytest.mark.parametrize("language", DocumentLanguage.values)
    def test_the_sample_is_in_each_language(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership, actor: User, language: str
    ) -> None:
        template = add_design("compact", name="Mine", actor=actor)
        content = signed_in(accountant).get(f"{URL}{template.pk}/sample.pdf?language={language}")
        title = {"fi": "Lasku", "sv": "Faktura", "de": "Rechnung", "en": "Invoice"}[language]
        assert title in words(pages(content.content))

    def test_those_who_do_not_look_after_documents_stay_outside(
        self, seller: Tenant, signed_in: SignIn, member: Membership, actor: User
    ) -> None:
        template = add_design("compact", name="Mine", actor=actor)
        client = signed_in(member)
        one = f"{URL}{template.pk}/"
        assert [client.get(url).status_code for url in (URL, one, f"{one}sample.pdf")] == [403] * 3
        assert [client.post(url, SENT).status_code for url in (URL, one, f"{one}paper/")] == [
            403
        ] * 3

    def test_an_uploaded_template_is_no_design(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        template = DocumentTemplate.objects.create(name="Own", kind=DocumentTemplate.Kind.HTML)
        assert signed_in(accountant).get(f"{URL}{template.pk}/").status_code == 404
