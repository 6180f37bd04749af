"""Templates in the settings: who may do what, what is refused, and where each is used."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing.domain.templates import choose, put_aside
from invoicing.models import DocumentTemplate, Invoice, TemplateChoice
from invoicing.templating import errors
from invoicing.templating.choosing import chosen_of
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, pages, posted, words
from tests.factories import CustomerFactory, CustomFieldFactory, ProjectFactory
from tests.templating.making import PAGE, add_version, design_template, html_template

SignIn = Callable[[Membership], Client]
URL = "/acme/company/templates/"


def file(source: str = PAGE, name: str = "own.html") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, source.encode())


def new(client: Client, source: str = PAGE, name: str = "own.html", title: str = "Own") -> Any:
    return client.post(f"{URL}upload/", {"name": title, "file": file(source, name)})


@pytest.fixture
def client_of(seller: Tenant, accountant: Membership, signed_in: SignIn) -> Client:
    return signed_in(accountant)


def test_an_upload_is_tried_and_can_be_used(client_of: Client) -> None:
    answer = new(client_of)

    template = DocumentTemplate.objects.get()
    assert answer["Location"] == f"{URL}{template.pk}/"
    version = template.versions.get()
    assert (version.number, version.findings, version.file_name) == (1, [], "own.html")
    assert bytes(version.content) == PAGE.encode()
    assert {entry.action for entry in AuditEntry.objects.all()} >= {
        "template.added", "template.version_added",
    }  # fmt: skip


def test_what_it_does_not_know_is_named_with_its_place(client_of: Client) -> None:
    new(client_of, "<html><body>\n{{ invoice.nummer }}\n{{ payment.qr }}</body></html>")
    template = DocumentTemplate.objects.get()

    page = client_of.get(f"{URL}{template.pk}/").content.decode()

    assert template.versions.get().findings == [["invoice.nummer", "line 2"]]
    assert "<code>invoice.nummer</code>: line 2" in page
    answer = client_of.post(f"{URL}{template.pk}/choose/", {"whom": "all"})
    assert answer.status_code == 422
    assert "has no version without findings" in answer.content.decode()

    client_of.post(f"{URL}{template.pk}/version/", {"file": file()})
    assert [one.number for one in template.versions.order_by("number")] == [1, 2]
    answer = client_of.post(f"{URL}{template.pk}/choose/", {"whom": "all"})
    assert answer.status_code == 302


def test_own_fields_are_known(client_of: Client) -> None:
    CustomFieldFactory(target="customer", name="contract-no", label="Contract number")
    new(client_of, "<html><body>{{ customer.field.contract_no }}</body></html>")
    assert DocumentTemplate.objects.get().versions.get().findings == []
    page = client_of.get(f"{URL}placeholders/").content.decode()
    assert "{{ customer.field.contract_no }}" in page
    assert "Contract number" in page


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        ("<html><script>x</script></html>", "own.html", "Line 1 has &lt;script&gt;"),
        ("<html>\n<img src='http://127.0.0.1/'></html>", "own.html", "Line 2 asks for http://127"),
        ("<html>\n\n{% for x in lines %}</html>", "own.html", "Line 3 cannot be read"),
        ("<html>{{ 1 / 0 }}</html>", "own.html", "Line 1 cannot be read"),
        ("<html>{% for i in range(10**9) %}{% endfor %}</html>", "own.html", "cannot be read"),
        ("only words", "own.html", "no HTML in it"),
        (PAGE, "own.exe", "A template is a DOCX, ODS, XLSX or HTML file."),
        (PAGE, "own.docx", ""),
        (PAGE, "design", "A template is a DOCX, ODS, XLSX or HTML file."),
    ],
)
def test_a_refused_upload_leaves_nothing(
    client_of: Client, source: str, name: str, sentence: str
) -> None:
    answer = new(client_of, source, name, title="Kept as typed")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Kept as typed" in page
    assert not DocumentTemplate.objects.exists()


def test_a_version_is_of_the_templates_kind(client_of: Client) -> None:
    template = html_template()
    answer = client_of.post(f"{URL}{template.pk}/version/", {"file": file(name="own.docx")})
    assert answer.status_code == 422
    assert "This template is a HTML file" in answer.content.decode()
    assert template.versions.count() == 1


def test_a_name_is_anothers_only_once(client_of: Client) -> None:
    template = html_template(name="Ours")
    design_template("Theirs")
    answer = client_of.post(f"{URL}{template.pk}/change/", {"name": "THEIRS"})
    assert answer.status_code == 422
    assert "Another template has this name." in answer.content.decode()
    client_of.post(f"{URL}{template.pk}/change/", {"name": "Everybody's"})
    template.refresh_from_db()
    assert template.name == "Everybody's"


def test_choosing_and_taking_away(client_of: Client) -> None:
    customer = CustomerFactory(name="Pohjola Oy")
    project = ProjectFactory(customer=customer, name="Shop")
    one, other = design_template("One"), design_template("Other")
    for whom in ({"whom": "all"}, {"whom": "customer", "customer": customer.pk},
                 {"whom": "project", "project": project.pk}):  # fmt: skip
        assert client_of.post(f"{URL}{one.pk}/choose/", whom).status_code == 302
    client_of.post(f"{URL}{other.pk}/choose/", {"whom": "customer", "customer": customer.pk})

    assert [
        (choice.template.name, choice.customer_id, choice.project_id)
        for choice in TemplateChoice.objects.select_related("template").order_by("pk")
    ] == [("One", None, None), ("Other", customer.pk, None), ("One", None, project.pk)]
    page = client_of.get(URL).content.decode()
    assert "Pohjola Oy" in page
    assert "Shop" in page

    choice = TemplateChoice.objects.get(customer=customer)
    client_of.post(f"{URL}{other.pk}/choices/{choice.pk}/remove/")
    assert not other.choices.exists()
    wrong = client_of.post(f"{URL}{other.pk}/choices/{one.choices.earliest('pk').pk}/remove/")
    assert wrong.status_code == 404


@pytest.mark.parametrize("whom", ["customer", "project"])
def test_whom_it_is_for_has_to_be_said(client_of: Client, whom: str) -> None:
    template = design_template()
    answer = client_of.post(f"{URL}{template.pk}/choose/", {"whom": whom})
    assert answer.status_code == 422
    assert f"Choose the {whom}." in answer.content.decode()


def test_what_is_in_use_stays_and_says_where(client_of: Client, accountant: Membership) -> None:
    assert accountant.user is not None
    template = design_template("Ours")
    choose(template, actor=accountant.user, customer=CustomerFactory(name="Pohjola Oy"))
    invoice = draft(template=template)
    with pytest.raises(errors.TemplateInUse) as refused:
        put_aside(template, actor=accountant.user)
    assert str(refused.value) == (
        f"“Ours” is in use: Pohjola Oy, Draft {invoice.pk}. Choose another one there first."
    )
    client_of.post(f"{URL}{template.pk}/remove/")
    template.refresh_from_db()
    assert template.is_active


def test_what_made_documents_is_archived_and_comes_back(
    client_of: Client, accountant: Membership
) -> None:
    template = html_template()
    posted({}, template=template)
    client_of.post(f"{URL}{template.pk}/remove/")
    template.refresh_from_db()
    assert not template.is_active
    assert accountant.user is not None
    with pytest.raises(errors.TemplateArchived):
        choose(template, actor=accountant.user)
    client_of.post(f"{URL}{template.pk}/take-back/")
    template.refresh_from_db()
    assert template.is_active


def test_what_never_made_any_is_deleted(client_of: Client) -> None:
    template = html_template()
    add_version(template)
    client_of.post(f"{URL}{template.pk}/remove/")
    assert not DocumentTemplate.objects.exists()


def test_samples_and_versions_are_handed_out(client_of: Client) -> None:
    template = html_template("<html><body>Made for {{ customer.name }}</body></html>")
    add_version(template, "<html><body>Second {{ seller.name }}</body></html>")
    german = client_of.get(f"{URL}{template.pk}/sample/?language=de&version=1")
    assert words(pages(german.content)) == "Made for Möbelwerk Süd GmbH"
    newest = client_of.get(f"{URL}{template.pk}/sample/")
    assert words(pages(newest.content)).startswith("Second")
    kept = client_of.get(f"{URL}{template.pk}/versions/1/file/")
    assert kept["Content-Disposition"] == 'attachment; filename="Own-1.html"'
    assert b"Made for" in kept.content
    assert client_of.get(f"{URL}{template.pk}/versions/9/file/").status_code == 404
    of_design = design_template()
    assert client_of.get(f"{URL}{of_design.pk}/sample/").content.startswith(b"%PDF")


TOLD = "<html><body>{{ invoice.title }} {{ invoice.number }} {{ invoice.corrected_number }}|"
EACH_LINE = "{% for line in lines %}{{ line.position }} {{ line.net }};{% endfor %}</body></html>"


def tried(client: Client, template: DocumentTemplate, **asked: Any) -> str:
    answer = client.get(f"{URL}{template.pk}/sample/", asked)
    assert answer.status_code == 200, answer.content.decode()
    return words(pages(answer.content))


def test_each_sample_is_shown_in_a_file_and_in_a_design(client_of: Client) -> None:
    template, design = html_template(TOLD + EACH_LINE), design_template()
    english = {"language": "en"}

    note = tried(client_of, template, **english, **{"with": "credit-note"})
    final = tried(client_of, template, **english, **{"with": "final"})
    long = tried(client_of, template, **english, **{"with": "long"})

    assert "Credit note 2026-0042 2026-0040|" in note
    assert "4 -600.00;5 -450.00;" in final.replace("\u2212", "-")
    assert "200 480.00;" in long
    designed = tried(client_of, design, **english, **{"with": "credit-note"})
    assert "Credited" in designed
    assert "Two hours too many" in designed
    assert "advance invoice 2026-0021" in tried(client_of, design, **english, **{"with": "final"})
    long_sample = client_of.get(f"{URL}{design.pk}/sample/?language=en&with=long")
    assert len(pages(long_sample.content)) > 5
    assert "Invoice 2026-0042" in tried(client_of, template, **english, **{"with": "nonsense"})


def test_ones_own_documents_are_shown_in_it_before_it_is_chosen(client_of: Client) -> None:
    CustomFieldFactory(target="document", name="site", label="Site")
    drafted = draft({"text": "My own line"}, language="en", custom_values={"site": "Quay 4"})
    there = posted({"text": "What was posted"}, language="en")
    source = "<p>{{ invoice.field.site }} {{ invoice.number }} {{ lines[0].text }}</p>"
    template, design = html_template(source), design_template()

    page = client_of.get(f"{URL}{template.pk}/").content.decode()
    assert f'<option value="{drafted.pk}">' in page
    assert f'<option value="{there.pk}">' in page
    assert "Quay 4" in tried(client_of, template, **{"with": drafted.pk})
    assert f"{there.number} What was posted" in tried(client_of, template, **{"with": there.pk})
    assert "My own line" in tried(client_of, design, **{"with": drafted.pk})
    there.refresh_from_db()
    assert there.template_id is None
    assert client_of.get(f"{URL}{template.pk}/sample/?with=987654").status_code == 404


def test_a_document_too_long_to_try_is_said_to_be(client_of: Client) -> None:
    drafted, template = draft(), html_template()
    with patch("invoicing.views.templates.files.MOST_ROWS", 0):
        answer = client_of.get(f"{URL}{template.pk}/sample/?with={drafted.pk}")
    assert answer.status_code == 422
    assert "Try the template with a shorter one." in answer.content.decode()


@pytest.mark.parametrize("ending", ["docx", "ods", "xlsx"])
def test_the_filled_file_is_there_for_each_sample(client_of: Client, ending: str) -> None:
    begun = client_of.get(f"{URL}begin/{ending}/")
    upload = SimpleUploadedFile(f"invoice.{ending}", begun.content)
    with patch("invoicing.templating.office.pdf.why_missing", return_value="missing"):
        client_of.post(f"{URL}upload/", {"name": ending, "file": upload})
        template = DocumentTemplate.objects.get()
        assert template.versions.get().findings == []
        for case in ("invoice", "credit-note", "final", "long"):
            answer = client_of.get(f"{URL}{template.pk}/sample/?kind=file&with={case}")
            assert answer["Content-Disposition"].endswith(f'.{ending}"')
            assert zipfile.is_zipfile(BytesIO(answer.content))


def test_an_upload_has_to_stand_a_credit_note(client_of: Client) -> None:
    source = "<p>{% if invoice.is_credit_note %}{{ 1 / 0 }}{% endif %}</p>"
    answer = new(client_of, source)
    assert answer.status_code == 422
    assert not DocumentTemplate.objects.exists()


@pytest.mark.parametrize("ending", ["html", "docx", "ods", "xlsx"])
def test_what_one_begins_with_has_no_findings(client_of: Client, ending: str) -> None:
    begun = client_of.get(f"{URL}begin/{ending}/")
    assert begun["Content-Disposition"] == f'attachment; filename="invoice.{ending}"'
    upload = SimpleUploadedFile(f"invoice.{ending}", begun.content)
    client_of.post(f"{URL}upload/", {"name": ending, "file": upload})
    assert DocumentTemplate.objects.get().versions.get().findings == []
    assert client_of.get(f"{URL}begin/exe/").status_code == 404


def test_the_list_of_placeholders_is_searched(client_of: Client) -> None:
    page = client_of.get(f"{URL}placeholders/?q=bank+bar").content.decode()
    assert "{{ payment.bar_code }}" in page
    assert "${payment.bar_code_text}" in page
    assert "invoice.number" not in page
    nothing = client_of.get(f"{URL}placeholders/?q=qqqq").content.decode()
    assert "No placeholder matches" in nothing


def test_a_draft_can_have_one_of_its_own(client_of: Client) -> None:
    invoice = draft()
    assert "template" not in client_of.get(f"/acme/drafts/{invoice.pk}/").context["form"].fields
    template = design_template("Own look")
    html_template(name="Broken", findings=[["x", "line 1"]])
    form = client_of.get(f"/acme/drafts/{invoice.pk}/").context["form"]
    offered = [label for _key, label in form.fields["template"].widget.choices]
    assert offered == ["Built-in standard: Classic", "Own look"]

    Invoice.objects.filter(pk=invoice.pk).update(template=template)
    form = client_of.get(f"/acme/drafts/{invoice.pk}/").context["form"]
    assert form["template"].value() == template.pk


def test_where_a_drafts_template_comes_from_is_said(client_of: Client) -> None:
    project = ProjectFactory(name="Shop")
    invoice = draft(customer=project.customer, project=project)
    names = ("Ours", "Theirs", "The shop's")
    ours, theirs, shops = (design_template(name) for name in names)

    def first() -> str:
        form = client_of.get(f"/acme/drafts/{invoice.pk}/").context["form"]
        return str(form.fields["template"].widget.choices[0][1])

    client_of.post(f"{URL}{ours.pk}/choose/", {"whom": "all"})
    assert first() == "From the company: Ours"
    client_of.post(f"/acme/customers/{project.customer_id}/template/", {"template": theirs.pk})
    assert first() == "From the customer: Theirs"
    client_of.post(f"/acme/projects/{project.pk}/template/", {"template": shops.pk})
    assert first() == "From the project: The shop's"


def test_it_is_chosen_on_the_customers_and_the_projects_own_page(client_of: Client) -> None:
    project = ProjectFactory(name="Shop")
    customer = project.customer
    one, other = design_template("One"), design_template("Other")
    broken = html_template(name="Broken", findings=[["x", "line 1"]])
    at_customer, at_project = (f"/acme/customers/{customer.pk}/", f"/acme/projects/{project.pk}/")
    for page in (at_customer, at_project):
        assert f"{page}template/" in client_of.get(page).content.decode()

    answer = client_of.post(f"{at_customer}template/", {"template": one.pk})
    assert answer["Location"] == at_customer
    client_of.post(f"{at_project}template/", {"template": other.pk})

    assert chosen_of(draft(customer=customer)).template == one
    assert chosen_of(draft(customer=customer, project=project)).template == other
    card = client_of.get(f"{at_project}template/", headers={"HX-Request": "true"}).content.decode()
    assert "From the customer: One" in card
    assert "<html" not in card
    card = client_of.get(f"{at_customer}template/").content.decode()
    assert "Built-in standard: Classic" in card
    assert "Projects with another one:" in card

    refused = client_of.post(f"{at_project}template/", {"template": broken.pk})
    assert refused.status_code == 422
    assert "Choose a template from the list." in refused.content.decode()
    client_of.post(f"{at_project}template/", {"template": ""})
    client_of.post(f"{at_project}template/", {"template": ""})
    assert chosen_of(draft(customer=customer, project=project)).template == one
    assert AuditEntry.objects.filter(action="template.unchosen").count() == 1


def test_permissions(
    seller: Tenant, member: Membership, manager: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    template = html_template()
    for membership in (member, manager, auditor):
        client = signed_in(membership)
        for path in ("", "upload/", "placeholders/", f"{template.pk}/",
                     f"{template.pk}/sample/", f"{template.pk}/versions/1/file/"):  # fmt: skip
            assert client.get(URL + path).status_code == 403, path
        for path in ("change/", "version/", "choose/", "remove/", "take-back/"):
            assert client.post(f"{URL}{template.pk}/{path}").status_code == 403, path


def test_who_may_only_upload_chooses_nothing(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    from tenants.models import TenantRole

    Tenant.objects.filter(pk=seller.pk).update(has_adjusted_roles=True)
    TenantRole.objects.create(key="accountant", withheld=["manage_invoice_template"])
    template = html_template()
    client = signed_in(accountant)
    assert client.get(f"{URL}{template.pk}/").status_code == 200
    assert client.post(f"{URL}{template.pk}/version/", {"file": file()}).status_code == 302
    for path in ("choose/", "change/", "remove/"):
        assert client.post(f"{URL}{template.pk}/{path}").status_code == 403


def test_another_companys_template_is_not_there(
    seller: Tenant, other_tenant: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    template = html_template()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) + 1 FROM invoicing_documenttemplate")
        (missing,) = cursor.fetchone()
    client = signed_in(accountant)
    assert client.get(f"{URL}{template.pk}/").status_code == 200
    assert client.get(f"{URL}{missing}/").status_code == 404
    assert client.get(f"/other/company/templates/{template.pk}/").status_code == 404


def test_few_queries_however_many(client_of: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client_of.get(URL).status_code == 200
        return len(asked)

    first = html_template(name="a")
    TemplateChoice.objects.create(template=first, customer=CustomerFactory())
    count()
    before = count()
    for index in range(3):
        template = html_template(name=f"b{index}")
        TemplateChoice.objects.create(template=template, customer=CustomerFactory())
    assert count() == before <= 12
    with CaptureQueriesContext(connection) as asked:
        client_of.get(f"{URL}{first.pk}/")
    assert len(asked) <= 12
