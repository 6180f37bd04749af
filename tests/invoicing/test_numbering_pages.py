"""The settings page of number series, its form with the preview, and the continuity report."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import CustomerGroup
from invoicing.domain.numbering import default_series
from invoicing.domain.posting import post_invoices
from invoicing.models import DocumentKind, NumberCounter, NumberSeries
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import CustomerFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.test_posting import draft_of

type SignIn = Callable[[Membership], Client]
HOME = "/acme/numbering/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def series(tenant: Tenant) -> NumberSeries:
    TaxRateFactory()
    default_series(DocumentKind.CREDIT_NOTE)
    return default_series(DocumentKind.INVOICE)


@pytest.fixture
def client_of(series: NumberSeries, accountant: Membership, signed_in: SignIn) -> Client:
    return signed_in(accountant)


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def preview(client: Client, series: NumberSeries | None, number_format: str, **data: Any) -> str:
    url = f"{HOME}preview/" + (f"?series={series.pk}" if series else "")
    sent = {"kind": "invoice", "name": "N", "format": number_format, **data}
    response = client.post(url, sent, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def save(client: Client, series: NumberSeries, **data: Any) -> Any:
    sent = {"name": series.name, "format": series.format, "next_number": "", **data}
    return client.post(f"{HOME}{series.pk}/", sent)


def year() -> int:
    return timezone.localdate().year


def post(times: int, **fields: Any) -> None:
    today = timezone.localdate()
    about = {"issue_date": today, "due_date": today} | fields
    post_invoices(
        [draft_of("1", **about).pk for _ in range(times)],
        actor=None,
    )


def test_the_list_names_each_series_with_its_next_number(
    client_of: Client, series: NumberSeries
) -> None:
    NumberSeries.objects.create(
        kind="invoice", name="Ports", format="P{cnumber}-{cc,3}", is_default=False,
        customer_group=CustomerGroup.objects.create(name="Harbours"),
    )  # fmt: skip
    CustomerFactory(number="77")
    post(2)
    html = page(client_of, HOME)
    for text in (f"{year()}-0003", f"CN-{year()}-0001", "Harbours", "P77-001", "{Y}-{cy,4}"):
        assert text in html
    csv = b"".join(client_of.get(f"{HOME}export.csv").streaming_content)  # type: ignore[attr-defined]
    assert "P{cnumber}-{cc,3};P77-001" in csv.decode()
    assert client_of.get(f"{HOME}export.xlsx").status_code == 200


def test_a_format_that_broke_is_told_in_the_list(client_of: Client, series: NumberSeries) -> None:
    NumberSeries.objects.filter(pk=series.pk).update(format="{Y}-{oops}")
    assert "there is no token {oops}" in page(client_of, HOME)


@pytest.mark.parametrize("role", ["auditor", "accountant"])
def test_queries_do_not_grow_with_series(
    series: NumberSeries, signed_in: SignIn, request: pytest.FixtureRequest, role: str
) -> None:
    client = signed_in(request.getfixturevalue(role))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, HOME)
        return len(captured)

    first = queries()
    for number in range(4):
        NumberSeries.objects.create(
            kind="invoice", name=f"P{number}", format=f"P{number}-{{cy}}-{{Y}}", is_default=False,
            project=ProjectFactory(),
        )  # fmt: skip
    assert queries() == first <= 12


def test_the_preview_shows_the_next_five(client_of: Client, series: NumberSeries) -> None:
    post(2)
    html = preview(client_of, series, "R{Y}/{cy,3}")
    assert [f"R{year()}/{n:03}" in html for n in range(2, 9)] == [False, *[True] * 5, False]
    assert "stands before 3 today" in html
    assert NumberCounter.objects.get().count == 2
    assert f"R{year()}/073" in preview(client_of, series, "R{Y}/{cy,3}", next_number="73")


@pytest.mark.parametrize("asked", ["{Y}/{cy,3}", "{cname}-{Y}/{ccy,3}", "{Y", "{cu}-{uid}"])
def test_the_preview_takes_few_statements(
    client_of: Client, series: NumberSeries, asked: str
) -> None:
    for changed in (series, None):
        preview(client_of, changed, asked)
        with CaptureQueriesContext(connection) as captured:
            preview(client_of, changed, asked)
        assert sum("SAVEPOINT" not in query["sql"] for query in captured) <= 12


def test_the_preview_is_of_a_customer_where_that_matters(
    client_of: Client, series: NumberSeries
) -> None:
    CustomerFactory(name="Aalto Oy", number="10")
    other = CustomerFactory(name="Berg Oy", number="20")
    html = preview(client_of, series, "{cnumber}-{Y}-{ccy,2}")
    assert f"10-{year()}-01" in html
    assert 'name="example_customer"' in html
    html = preview(client_of, series, "{cnumber}-{Y}-{ccy,2}", example_customer=other.pk)
    assert f"20-{year()}-01" in html
    for nonsense in ("x", "9" * 30, "-1", "0"):
        html = preview(client_of, series, "{cnumber}-{cc}", example_customer=nonsense)
        assert "10-1" in html


def test_the_preview_of_a_user_is_the_readers(
    client_of: Client, series: NumberSeries, accountant: Membership
) -> None:
    html = preview(client_of, series, "{uid}-{cu}")
    assert f"{accountant.user_id}-1" in html
    assert accountant.name in html


@pytest.mark.parametrize(
    ("number_format", "reason", "repair"),
    [
        ("{Y}", "a counter is missing", "{Y}-{cy,4}"),
        ("{ccy,3}", "anew for each customer", "{cnumber}-{Y}-{ccy,3}"),
        ("{Y}-{counter}", "There is no token {counter}.", "{Y}-{c}"),
        ("CN-{Y}-{cy}", "“Credit note” gives the same numbers", "A-CN-{Y}-{cy}"),
        ("<b>{Y}", "a counter is missing", "&lt;b&gt;{Y}-{cy,4}"),
    ],
)
def test_the_preview_refuses_with_a_repair(
    client_of: Client, series: NumberSeries, number_format: str, reason: str, repair: str
) -> None:
    html = preview(client_of, series, number_format)
    assert reason in html
    assert f'value="{repair}"' in html


def test_a_preview_is_cheap(client_of: Client, series: NumberSeries) -> None:
    CustomerFactory()
    with CaptureQueriesContext(connection) as captured:
        preview(client_of, series, "{cnumber}-{uid}-{ccy}-{Y}")
    assert len(captured) <= 16


def test_saving_a_format_with_its_next_number(client_of: Client, series: NumberSeries) -> None:
    assert "{Y}-{cy,4}" in page(client_of, f"{HOME}{series.pk}/")
    response = save(client_of, series, format="R{Y}/{cy,3}", next_number="73", name="Ours")
    assert response.status_code == 302
    series.refresh_from_db()
    assert (series.name, series.format) == ("Ours", "R{Y}/{cy,3}")
    assert NumberCounter.objects.get().count == 72
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {
        "numbering.series_changed", "numbering.next_number_set",
    }  # fmt: skip
    assert f"R{year()}/073" in page(client_of, HOME)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"format": "{Y}"}, "a counter is missing"),
        ({"format": ""}, "a counter is missing"),
        ({"format": "x" * 61}, "at most 60 characters"),
        ({"next_number": "1"}, "exists already. The next number can be 3 or higher."),
        ({"next_number": "-4"}, "greater than or equal to 0"),
        ({"next_number": "many"}, "Enter a whole number."),
        ({"name": ""}, "“Name” is empty. Fill it in."),
        ({"format": "{Y}/{cy+73}", "next_number": "5"}, "is 73 or higher"),
    ],
)
def test_what_is_refused_stays_typed_and_changes_nothing(
    client_of: Client, series: NumberSeries, data: dict[str, str], sentence: str
) -> None:
    post(2)
    response = save(client_of, series, **{"next_number": "", **data})
    assert response.status_code == 422
    html = response.content.decode()
    assert sentence in html
    for typed in data.values():
        assert typed in html
    series.refresh_from_db()
    assert series.format == "{Y}-{cy,4}"
    assert NumberCounter.objects.get().count == 2


def test_a_repair_works_without_javascript(client_of: Client, series: NumberSeries) -> None:
    response = save(client_of, series, format="{Y}", use_format="{Y}-{cy,4}", name="New name")
    assert response.status_code == 200
    html = response.content.decode()
    assert 'value="{Y}-{cy,4}"' in html
    assert 'value="New name"' in html
    assert not AuditEntry.objects.exists()


def test_a_series_for_a_group(client_of: Client, series: NumberSeries) -> None:
    group, project = CustomerGroup.objects.create(name="Abroad"), ProjectFactory(name="Web")
    html = page(client_of, f"{HOME}new/?kind=credit_note")
    assert '<option value="credit_note" selected>' in html
    new = {"kind": "invoice", "name": "Abroad", "format": "A{Y}-{cy,4}", "next_number": ""}
    url = f"{HOME}new/"
    for wrong, sentence in (
        ({}, "Choose a customer group or a project."),
        ({"customer_group": group.pk, "project": project.pk}, "not both"),
        ({"customer_group": group.pk, "format": "{Y}-{cy}"}, "“Invoice” gives the same numbers"),
    ):
        response = client_of.post(url, {**new, **wrong})
        assert response.status_code == 422
        assert sentence in response.content.decode()
    assert client_of.post(url, {**new, "customer_group": group.pk}).status_code == 302
    made = NumberSeries.objects.get(name="Abroad")
    assert made.customer_group == group
    response = client_of.post(url, {**new, "customer_group": group.pk, "format": "B{c}"})
    assert response.status_code == 422
    assert "This group has a series" in response.content.decode()

    assert save(client_of, made, project=project.pk).status_code == 302
    made.refresh_from_db()
    assert (made.customer_group, made.project) == (None, project)
    assert client_of.post(f"{HOME}{made.pk}/remove/").status_code == 302
    assert not NumberSeries.objects.filter(pk=made.pk).exists()
    client_of.post(f"{HOME}{series.pk}/remove/")
    assert NumberSeries.objects.filter(pk=series.pk, is_default=True).exists()


def test_the_report_says_that_nothing_is_missing(
    series: NumberSeries, auditor: Membership, signed_in: SignIn
) -> None:
    client = signed_in(auditor)
    url = f"{HOME}{series.pk}/continuity"
    assert "No documents yet" in page(client, f"{url}/")
    post(3)
    html = page(client, f"{url}/")
    for text in (f"{year()}-0001", f"{year()}-0003", "Complete"):
        assert text in html
    csv = b"".join(client.get(f"{url}.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert [line.split(";")[1:3] for line in csv.splitlines()[1:]] == [
        [str(n), f"{year()}-000{n}"] for n in (1, 2, 3)
    ]
    assert client.get(f"{url}.xlsx").status_code == 200


def test_the_report_shows_gaps_and_what_was_passed_over(
    client_of: Client, series: NumberSeries, accountant: Membership
) -> None:
    save(client_of, series, next_number="11")
    post(1)
    NumberCounter.objects.update(count=13)
    post(1)
    html = page(client_of, f"{HOME}{series.pk}/continuity/")
    assert f"{year()}: no document has the places 12 to 13." in html
    assert "Incomplete" in html
    csv = b"".join(
        client_of.get(f"{HOME}{series.pk}/continuity.csv").streaming_content  # type: ignore[attr-defined]
    ).decode()
    assert "1–10" in csv
    assert "The next number was set" in csv


def test_windows_are_told_in_words(client_of: Client, series: NumberSeries) -> None:
    save(client_of, series, format="{cnumber}-{Y}{M}-{ccm}")
    customer = CustomerFactory(name="Satama Oy", number="7")
    post(1, customer=customer)
    html = page(client_of, f"{HOME}{series.pk}/continuity/")
    assert f"{timezone.localdate():%B %Y} · Satama Oy" in html


def test_who_may(
    series: NumberSeries, auditor: Membership, manager: Membership, signed_in: SignIn
) -> None:
    reads = [HOME, f"{HOME}export.csv", f"{HOME}{series.pk}/continuity/",
             f"{HOME}{series.pk}/continuity.csv"]  # fmt: skip
    writes = [f"{HOME}new/", f"{HOME}{series.pk}/"]
    client = signed_in(auditor)
    assert [client.get(url).status_code for url in reads] == [200] * 4
    assert [client.get(url).status_code for url in writes] == [403] * 2
    assert client.post(f"{HOME}preview/", {}).status_code == 403
    assert client.post(f"{HOME}{series.pk}/remove/").status_code == 403
    assert f'href="{HOME}"' in page(client, "/acme/invoices/")
    client = signed_in(manager)
    assert [client.get(url).status_code for url in reads + writes] == [403] * 6


def test_another_companys_series_is_not_there(client_of: Client) -> None:
    for url in (f"{HOME}9999/", f"{HOME}9999/continuity/", f"{HOME}9999/continuity.csv"):
        assert client_of.get(url).status_code == 404
    assert client_of.post(f"{HOME}preview/?series=9999", {}).status_code == 404


def test_series_sort_by_their_columns(client_of: Client, series: NumberSeries) -> None:
    NumberSeries.objects.filter(pk=series.pk).update(name="Middle", format="M{cy,3}")
    for name, number_format in (("Zebra", "A{cy,3}"), ("anteater", "Z{cy,3}")):
        NumberSeries.objects.create(
            kind="invoice", name=name, format=number_format, is_default=False
        )

    def names(sort: str) -> list[str]:
        rows = client_of.get(HOME, {"sort": sort}, headers=HTMX).context["rows"]
        return [row.series.name for row in rows if row.series.kind == "invoice"]

    assert names("") == ["Middle", "Zebra", "anteater"]  # the default series comes first
    assert names("name") == ["anteater", "Middle", "Zebra"]
    assert names("-format") == ["anteater", "Middle", "Zebra"]
    csv = b"".join(client_of.get(f"{HOME}export.csv?sort=-name").streaming_content).decode()  # type: ignore[attr-defined]
    assert csv.index("Zebra") < csv.index("Middle") < csv.index("anteater")
    assert names("nonsense") == names("")


def test_the_report_sorts_by_its_columns(client_of: Client, series: NumberSeries) -> None:
    NumberSeries.objects.filter(pk=series.pk).update(format="{M}/{cm,3}")
    post(2, issue_date=date(2026, 1, 5), tax_point=date(2026, 1, 5))
    post(1, issue_date=date(2026, 2, 5), tax_point=date(2026, 2, 5))

    def counts(sort: str) -> list[int]:
        answer = client_of.get(f"{HOME}{series.pk}/continuity/", {"sort": sort})
        return [report.count for _words, report in answer.context["rows"]]

    assert counts("documents") == [1, 2]
    assert counts("-documents") == [2, 1]
    assert counts("") == [1, 2]  # the latest first
