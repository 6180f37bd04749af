"""The customer's page: who has the link reads that customer's documents, and nothing else."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoicing import errors
from invoicing.documents.barcodes import bank_bar_code
from invoicing.documents.words import words_of
from invoicing.domain import customer_access
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.customer_access import (
    LEFT_AT_LEAST,
    QUESTIONS_AN_HOUR,
    SALT,
    VALID_FOR,
    link_for,
    opened,
    revoke_links,
    token_of,
)
from invoicing.models import CustomerAccess, CustomerQuestion, Invoice, Sending
from invoicing.selectors import customer_page
from invoicing.views.customer_page import pages as customer_page_views
from invoicing.views.customer_page.words import WORDS
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import TenantScopeError, current_tenant_id, tenant_scope
from tests.documents.making import draft, posted, posted_credit_note
from tests.factories import CustomerFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.sending import PDF, asked, delivered, ready, sent, with_pdf

SignIn = Callable[[Membership], Client]


@pytest.fixture(autouse=True)
def _quiet(db: None) -> Iterator[None]:
    """Each test begins with nothing counted."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def theirs(other_tenant: Tenant) -> tuple[str, int, int]:
    """A document of another company: its link, its key and its customer's."""
    with tenant_scope(other_tenant.pk):
        TaxRateFactory()
        invoice = ready(customer=CustomerFactory(name="Secret Customer Ltd"))
        return path(invoice), invoice.pk, invoice.customer_id


@pytest.fixture
def ours(theirs: tuple[str, int, int], tenant: Tenant) -> Invoice:
    """Made after theirs, because one scope is open at a time."""
    TaxRateFactory()
    return ready(customer=CustomerFactory(name="Satama Oy"), billing_name="Satama Oy")


def path(invoice: Invoice, **more: Any) -> str:
    return urlsplit(link_for(invoice, actor=None, **more)).path


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def access_of(invoice: Invoice) -> CustomerAccess:
    found: CustomerAccess = CustomerAccess.objects.filter(invoice=invoice).latest("pk")
    return found


# What is shown.


def test_the_customer_reads_the_document_and_how_to_pay_it(client: Client, ours: Invoice) -> None:
    answer = client.get(path(ours))

    shown = page(answer)
    assert answer.status_code == 200
    for text in (str(ours.number), "Satama Oy", "Consulting", "€125.50", "FI21 1234 5600 0007 85"):
        assert text in shown
    assert 'class="qr"' in shown
    # The bank bar code over what is open, for those who paste its digits into their bank.
    digits = bank_bar_code(
        iban="FI2112345600000785",
        amount=Decimal("125.50"),
        reference=ours.payment_reference,
        due_date=ours.due_date,
    )
    assert len(digits) == 54
    assert digits in shown
    assert f"/{ours.pk}.pdf" in shown


def test_who_charges_no_vat_tells_why_and_not_how_much(client: Client, ours: Invoice) -> None:
    reason = "Kein Ausweis von Umsatzsteuer, da Kleinunternehmer nach § 19 UStG."
    rate = TaxRateFactory(
        name="§ 19",
        is_default=False,
        percent=0,
        category="E",
        exemption_reason=reason,
        tax_account="",
    )
    small = with_pdf(posted({"tax_rate": rate}, customer=ours.customer, language="de"))
    words = words_of("de")
    vat = f"<dt>{words.tax_total}</dt>"

    shown = page(client.get(path(small)))
    assert "§ 19 UStG" in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert words.gross_total in shown
    assert vat not in shown
    assert vat in page(client.get(path(ready(customer=ours.customer, language="de"))))


def test_the_pdf_is_the_stored_one(client: Client, ours: Invoice) -> None:
    answer = client.get(f"{path(ours)}{ours.pk}.pdf")

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"


def test_a_pdf_still_being_made_is_told(client: Client, ours: Invoice) -> None:
    waiting = posted(customer=ours.customer)

    answer = client.get(f"{path(ours)}{waiting.pk}.pdf")

    assert answer.status_code == 202
    assert WORDS["en"].pdf_waits in page(answer)


def test_open_and_past_documents_of_the_customer_are_listed(client: Client, ours: Invoice) -> None:
    past = ready(customer=ours.customer)
    cancel_invoice(past, reason="Mistake", actor=None)
    note = Invoice.objects.get(corrects=past)
    late = ready(customer=ours.customer, due_date=date(2026, 11, 20), issue_date=date(2026, 11, 1))

    shown = page(client.get(path(ours)))

    for invoice in (ours, past, note, late):
        assert str(invoice.number) in shown
    assert f'{WORDS["en"].open_altogether}</span> <strong class="money">€251.00' in shown
    assert page(client.get(f"{path(ours)}{note.pk}/")).count("€125.50") >= 2


def test_what_is_open_is_never_behind_what_is_newer(
    client: Client, ours: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_page, "DOCUMENTS_A_PAGE", 2)
    euros = ready(customer=ours.customer, issue_date=date(2025, 1, 1), due_date=date(2025, 1, 15))
    crowns = ready(
        customer=ours.customer,
        issue_date=date(2025, 2, 1),
        due_date=date(2025, 2, 15),
        currency="SEK",
    )
    newer = [ready(customer=ours.customer) for _each in range(2)]
    for invoice in newer:
        cancel_invoice(invoice, reason="Mistake", actor=None)
    notes = list(Invoice.objects.filter(corrects__in=newer))
    link_for(ours, actor=None)
    access = access_of(ours)

    pages = [
        customer_page.rows_of(access, page=number, language="en", on=date(2026, 11, 21))
        for number in (1, 2, 3, 4, 5)
    ]

    assert [row.pk for row in pages[0].owed] == [ours.pk, crowns.pk]
    assert [row.pk for row in pages[1].owed] == [euros.pk]
    others = [row.pk for listed in pages for row in listed.others]
    assert sorted(others) == sorted(one.pk for one in (*newer, *notes))
    assert [listed.has_more for listed in pages] == [True, True, True, False, False]
    assert customer_page.open_sums(access, language="en") == ["€251.00", "SEK\xa0125.50"]


def test_the_pages_are_plain_links(
    client: Client, ours: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_page, "DOCUMENTS_A_PAGE", 1)
    older = ready(customer=ours.customer, issue_date=date(2025, 1, 1), due_date=date(2025, 1, 15))
    shown = f"/{older.pk}/"

    first, second = (page(client.get(f"{path(ours)}?page={number}")) for number in (1, 2))

    assert 'href="?page=2"' in first
    assert 'href="?page=1"' not in first
    assert shown not in first
    assert shown in second
    assert 'href="?page=1"' in second
    assert 'href="?page=3"' not in second
    # Whatever the page, this is what they owe.
    assert "€251.00" in first
    assert "€251.00" in second


@pytest.mark.parametrize("typed", ["0", "-1", "x", "²", "9" * 5000])
def test_no_page_is_the_first_one(client: Client, ours: Invoice, typed: str) -> None:
    answer = client.get(path(ours), {"page": typed})

    assert answer.status_code == 200
    assert str(ours.number) in page(answer)


def test_a_long_history_costs_no_more(client: Client, ours: Invoice) -> None:
    address = path(ours)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _each in range(4):
        ready(customer=ours.customer)
    # The opening is noted the first time only.
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) <= len(few)
    read = [one["sql"] for one in many if 'FROM "invoicing_documentindex"' in one["sql"]]
    assert sum("GROUP BY" in sql for sql in read) == 1


def test_what_is_open_is_asked_for_and_not_the_gross(client: Client, ours: Invoice) -> None:
    with patch("invoicing.documents.printed.epc_payload", return_value="") as payload:
        client.get(path(ours))

    assert payload.call_args.kwargs["amount"] == ours.gross_total
    assert payload.call_args.kwargs["reference"] == ours.payment_reference


def test_nothing_open_asks_for_nothing(client: Client, ours: Invoice) -> None:
    cancel_invoice(ours, reason="Mistake", actor=None)

    shown = page(client.get(path(ours)))

    assert 'class="qr"' not in shown
    assert WORDS["en"].settled in shown


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
def test_it_speaks_the_language_of_the_document(
    client: Client, ours: Invoice, language: str
) -> None:
    invoice = ready(customer=ours.customer, language=language)

    shown = page(client.get(path(invoice)))

    assert f'<html lang="{language}">' in shown
    assert WORDS[language].ask in shown


def test_questions_do_not_grow_with_documents(client: Client, ours: Invoice) -> None:
    link, counts = path(ours), []
    client.get(link)
    for _more in range(2):
        for _each in range(2):
            ready(customer=ours.customer)
        with CaptureQueriesContext(connection) as asked_for:
            client.get(link)
        counts.append(len(asked_for))

    assert counts[0] == counts[1] <= 12


# And nothing else.


def test_another_customers_documents_are_not_there(client: Client, ours: Invoice) -> None:
    others = ready(customer=CustomerFactory(name="Kilpailija Oy"))
    link = path(ours)

    assert str(others.number) not in page(client.get(link))
    assert client.get(f"{link}{others.pk}/").status_code == 404
    assert client.get(f"{link}{others.pk}.pdf").status_code == 404
    assert client.post(f"{link}{others.pk}/", {"text": "Hello"}).status_code == 404
    assert not CustomerQuestion.objects.exists()


def test_another_companys_documents_are_not_there(
    client: Client, ours: Invoice, theirs: tuple[str, int, int]
) -> None:
    link, their_key = path(ours), theirs[1]

    for end in (f"{their_key}/", f"{their_key}.pdf"):
        answer = client.get(link + end)
        assert answer.status_code == 404
        assert b"Secret" not in answer.content
    assert client.post(f"{link}{their_key}/", {"text": "Hello"}).status_code == 404
    assert "Secret" not in page(client.get(link))


def test_each_link_opens_its_own_company(
    ours: Invoice, tenant: Tenant, other_tenant: Tenant, theirs: tuple[str, int, int]
) -> None:
    """Ours within ours; theirs is asked for when no scope is open, as from outside."""
    with opened(token_of(access_of_new(ours))) as link:
        assert link.tenant == tenant
        assert {one.tenant_id for one in CustomerAccess.objects.all()} == {tenant.pk}
    with pytest.raises(TenantScopeError), opened(theirs[0].strip("/").rpartition("/")[2]):
        pass


def access_of_new(invoice: Invoice) -> CustomerAccess:
    path(invoice)
    return access_of(invoice)


@pytest.mark.parametrize("state", ["draft", "discarded"])
def test_drafts_are_nobodys_business(client: Client, ours: Invoice, state: str) -> None:
    mine = draft(customer=ours.customer)
    if state == "discarded":
        Invoice.objects.filter(pk=mine.pk).update(status=state, discarded_at=timezone.now())

    answer = client.get(f"{path(ours)}{mine.pk}/")

    assert answer.status_code == 404
    with pytest.raises(errors.NotPostedYet):
        link_for(mine, actor=None)


def test_nothing_inside_is_told(client: Client, ours: Invoice) -> None:
    invoice = ready(customer=ours.customer, internal_note="Pays late, be firm")
    asked(invoice, "other-person@customer.example")

    shown = page(client.get(path(invoice)))

    for secret in ("be firm", "other-person", "/acme/", "csrf", "Laskuri", "journal", "htmx"):
        assert secret not in shown


def test_no_session_no_cookie_no_robots(client: Client, ours: Invoice) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path(ours))

    assert answer.cookies == {}
    assert not any("django_session" in one["sql"] for one in queries)
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store, private"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert 'name="robots" content="noindex' in page(answer)


def test_who_is_signed_in_sees_no_more(
    signed_in: SignIn, client: Client, ours: Invoice, owner: Membership
) -> None:
    link = path(ours)
    stranger = page(Client().get(link))

    assert page(signed_in(owner).get(link)) == stranger


# Links that do not hold.


def tampered(ours: Invoice, theirs: tuple[str, int, int], how: str) -> str:
    access = access_of_new(ours)
    token = token_of(access)
    body, _colon, signature = token.rpartition(":")
    values: Any = signing.loads(token, salt=SALT)
    forged = {
        "cut": token[:-1],
        "longer": token + "a",
        "unsigned": body,
        "of another purpose": signing.dumps(values, salt="tenants.invitation"),
        "another key": signing.dumps([values[0], values[1], "x" * 43], salt=SALT),
        "no text as key": signing.dumps([values[0], values[1], 7], salt=SALT),
        "another company": signing.dumps([values[0] + 100, values[1], values[2]], salt=SALT),
        "another row": signing.dumps([values[0], values[1] + 100, values[2]], salt=SALT),
        "too few": signing.dumps(values[:2], salt=SALT),
        "no list": signing.dumps(7, salt=SALT),
        "texts": signing.dumps(["a", "b", "c"], salt=SALT),
        "another body": signing.dumps([1, 2, "3"], salt=SALT).rpartition(":")[0] + ":" + signature,
        "nothing": "x",
    }
    return f"/open/{forged[how]}/"


@pytest.mark.parametrize(
    "how",
    [
        "cut", "longer", "unsigned", "of another purpose", "another key", "no text as key",
        "another company", "another row", "too few", "no list", "texts", "another body", "nothing",
    ],
)  # fmt: skip
def test_a_tampered_link_opens_nothing(
    client: Client, ours: Invoice, theirs: tuple[str, int, int], how: str
) -> None:
    link = tampered(ours, theirs, how)

    for end in ("", f"{ours.pk}/", f"{ours.pk}.pdf"):
        answer = client.get(link + end)
        assert answer.status_code == 404
        assert "Satama" not in page(answer)
        assert answer["X-Robots-Tag"].startswith("noindex")


def test_a_withdrawn_link_opens_nothing(
    client: Client, ours: Invoice, accountant: Membership
) -> None:
    another = ready(customer=ours.customer)
    links = [path(ours), path(another)]

    assert revoke_links(ours, actor=accountant.user) == 2

    assert [client.get(link).status_code for link in links] == [404, 404]
    assert client.get(path(ours)).status_code == 200
    actions = AuditEntry.objects.filter(object_id=ours.pk).values_list("action", flat=True)
    assert "customer_link.revoked" in actions


def test_withdrawing_leaves_other_customers_theirs(client: Client, ours: Invoice) -> None:
    others = ready(customer=CustomerFactory())
    link = path(others)

    revoke_links(ours, actor=None)

    assert client.get(link).status_code == 200


def test_an_expired_link_says_so(client: Client, ours: Invoice) -> None:
    link = path(ours, now=timezone.now() - VALID_FOR - timedelta(seconds=1))

    answer = client.get(link)

    assert answer.status_code == 410
    assert "This link has expired" in page(answer)
    assert "Satama" not in page(answer)


def test_a_closed_company_opens_nothing(client: Client, ours: Invoice, tenant: Tenant) -> None:
    link = path(ours)
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    assert client.get(link).status_code == 404


def test_a_link_is_used_again_while_it_holds_long(ours: Invoice) -> None:
    now = timezone.now()

    first = link_for(ours, actor=None, now=now)

    assert link_for(ours, actor=None, now=now + VALID_FOR - LEFT_AT_LEAST - timedelta(1)) == first
    assert link_for(ours, actor=None, now=now + VALID_FOR - LEFT_AT_LEAST) != first


def test_the_key_is_in_no_page_and_not_in_the_log(ours: Invoice) -> None:
    key = access_of_new(ours).key
    assert len(key) == 43
    assert not any(key in str(entry.detail) for entry in AuditEntry.objects.all())


def test_opening_is_noted_and_not_with_every_look(client: Client, ours: Invoice) -> None:
    link = path(ours)
    client.get(link)
    first = access_of(ours).opened_at
    client.get(link)

    assert first is not None
    assert access_of(ours).opened_at == first


# Too often.


def test_one_address_may_ask_so_often_and_no_more(
    client: Client, ours: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_page_views, "PAGES_A_MINUTE", 3)
    monkeypatch.setattr("core.rate_limits.time", lambda: 1000.0)
    link = path(ours)

    codes = [client.get(link).status_code for _again in range(5)]

    assert codes == [200, 200, 200, 429, 429]
    assert client.get(link, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_trying_links_out_is_slowed_down(
    client: Client, ours: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.rate_limits.time", lambda: 1000.0)
    codes = [client.get(f"/open/x{number}/").status_code for number in range(12)]

    assert codes == [404] * 10 + [429] * 2


# Questions.


def test_a_question_lands_on_the_invoices_history(
    client: Client, signed_in: SignIn, ours: Invoice, accountant: Membership
) -> None:
    link = path(ours)
    with TestCase.captureOnCommitCallbacks(execute=False) as waiting:
        answer = client.post(
            f"{link}{ours.pk}/",
            {"text": "Why <b>two</b> hours?", "name": "Maija", "email": "maija@satama.example"},
        )

    assert answer.status_code == 302
    assert WORDS["en"].asked in page(client.get(answer["Location"]))
    question = CustomerQuestion.objects.get()
    assert (question.invoice, question.name) == (ours, "Maija")
    assert len(waiting) == 1
    inside = signed_in(accountant)
    shown = page(inside.get(f"/acme/invoices/{ours.pk}/"))
    assert "Maija asks" in shown
    assert "Why &lt;b&gt;two&lt;/b&gt; hours?" in shown
    assert "Why &lt;b&gt;two" in page(inside.get(f"/acme/invoices/{ours.pk}/history/"))

    inside.post(f"/acme/questions/{question.pk}/answered/")

    assert "Maija asks" not in page(inside.get(f"/acme/invoices/{ours.pk}/"))
    assert CustomerQuestion.objects.get().answered_by == accountant.user


def test_the_company_is_told_by_mail(ours: Invoice) -> None:
    from invoicing.mail import mail_question_to_company

    question = customer_access.ask(access_of_new(ours), ours, text="Why & when?")
    mail_question_to_company(current_tenant_id(), question.pk)

    message = mail.outbox[-1]
    assert message.to == ["billing@example.com"]
    assert message.subject == f"A question about {ours.number} from Satama Oy"
    assert "Why & when?" in message.body
    assert f"/acme/invoices/{ours.pk}/" in message.body


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": " "}, WORDS["en"].empty_question),
        ({"text": "x" * 2001}, WORDS["en"].empty_question),
        ({"text": "Why?", "email": "nobody"}, WORDS["en"].wrong_email),
    ],
)
def test_a_question_that_cannot_be_kept(
    client: Client, ours: Invoice, typed: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"{path(ours)}{ours.pk}/", typed)

    assert answer.status_code == 422
    assert sentence in page(answer)
    assert not CustomerQuestion.objects.exists()


def test_questions_of_a_link_have_a_limit(client: Client, ours: Invoice) -> None:
    link = f"{path(ours)}{ours.pk}/"
    for number in range(QUESTIONS_AN_HOUR):
        assert client.post(link, {"text": f"Question {number}"}).status_code == 302

    refused = client.post(link, {"text": "One more"})

    assert refused.status_code == 422
    assert WORDS["en"].too_many in page(refused)
    assert "One more" in page(refused)
    assert CustomerQuestion.objects.count() == QUESTIONS_AN_HOUR


# Inside.


def test_the_letter_can_hold_the_link(client: Client, ours: Invoice) -> None:
    sending = asked(ours, text="Look here: {link}")
    assert not CustomerAccess.objects.exists()

    delivered(sending)

    message: Any = mail.outbox[0]
    link = message.body.removeprefix("Look here: ")
    assert link.startswith("http://localhost:8000/open/")
    assert f'href="{link}"' in message.alternatives[0].content
    assert client.get(urlsplit(link).path).status_code == 200


def test_the_log_opens_nothing_for_who_sees_less(
    signed_in: SignIn, ours: Invoice, manager: Membership
) -> None:
    project = ProjectFactory(manager=manager, customer=ours.customer)
    seen = ready(customer=ours.customer, project=project)
    sending = sent(seen, text="Look here: {link}")

    shown = page(signed_in(manager).get(f"/acme/invoices/{seen.pk}/"))

    assert sending.status == Sending.Status.SENT
    assert "Look here: {link}" in shown
    assert "/open/" not in shown


def test_no_name_becomes_a_link(ours: Invoice) -> None:
    named = ready(customer=ours.customer, billing_name="{link}")

    sent(named, text="Dear {customer}")

    assert mail.outbox[0].body == "Dear link"
    assert not CustomerAccess.objects.exists()


def test_looking_at_the_form_makes_no_link(
    signed_in: SignIn, ours: Invoice, accountant: Membership
) -> None:
    client = signed_in(accountant)
    client.get(f"/acme/invoices/{ours.pk}/send/")
    shown = client.post(
        f"/acme/invoices/{ours.pk}/send/preview/", {"subject": "S", "text": "{link}"}
    )

    assert "/open/…/" in page(shown)
    assert not CustomerAccess.objects.exists()


def test_the_link_is_made_to_be_copied_and_withdrawn(
    signed_in: SignIn, ours: Invoice, accountant: Membership
) -> None:
    client = signed_in(accountant)

    shown = page(client.post(f"/acme/invoices/{ours.pk}/link/"))

    assert f'data-copy="http://localhost:8000/open/{token_of(access_of(ours))}/"' in shown
    assert client.post(f"/acme/invoices/{ours.pk}/link/revoke/").status_code == 302
    assert access_of(ours).revoked_at is not None


@pytest.mark.parametrize("role", ["auditor", "manager", "member"])
def test_not_everybody_makes_links(
    signed_in: SignIn, ours: Invoice, role: str, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(role))

    assert client.post(f"/acme/invoices/{ours.pk}/link/").status_code == 403
    assert not CustomerAccess.objects.exists()


def test_a_credit_note_has_a_page_too(client: Client, ours: Invoice) -> None:
    note = posted_credit_note(customer=ours.customer)
    shown = page(client.get(path(note)))

    assert f"Credit note {note.number}" in shown
    assert 'class="qr"' not in shown
