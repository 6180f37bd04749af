"""`manage.py post_invoices`: what it posts, what it says, how it ends."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from invoicing.models import Invoice, InvoiceFile
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, posted


def run(*args: object, status: int = 0, **options: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("post_invoices", *args, tenant="acme", stdout=out, stderr=err, **options)
        ended = 0
    except SystemExit as ending:
        ended = int(ending.code or 0)
    assert ended == status
    return out.getvalue(), err.getvalue()


def numbers() -> list[str]:
    return list(
        Invoice.objects.exclude(number=None).order_by("pk").values_list("number", flat=True)
    )


def test_the_named_drafts_are_posted_and_no_others(seller: Tenant) -> None:
    first, other, second = draft({}), draft({}), draft({})
    out, err = run(str(first.pk), str(second.pk))
    assert out.endswith("Posted 2 invoices: 2026-0001 to 2026-0002.\n")
    assert err == ""
    other.refresh_from_db()
    assert other.is_draft


def test_all_drafts_are_posted_in_the_name_of_a_member(
    seller: Tenant, accountant: Membership
) -> None:
    draft({})
    out, _err = run(all_drafts=True, user="accountant@example.com")
    assert out.endswith("Posted 1 invoice: 2026-0001.\n")
    assert AuditEntry.objects.get(action="invoice.posted").actor == accountant.user


def test_a_refused_draft_is_named_and_stops_no_other(seller: Tenant) -> None:
    good, bad = draft({}), draft({}, billing_street="")
    out, err = run(all_drafts=True, status=1)
    assert out.endswith("Posted 1 invoice: 2026-0001.\n")
    [refused] = [line for line in out.splitlines() if line.strip().startswith(f"{bad.pk} ")]
    assert "lacks the customer's name, street, postal code or city." in refused
    assert "Left as they are: 1 draft." in err
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.number, bad.number) == ("2026-0001", None)


def test_wait_makes_the_documents_too(seller: Tenant) -> None:
    draft({}), draft({})
    out, _err = run(all_drafts=True, wait=True)
    assert out.endswith("Stored: 2 PDFs.\n")
    assert InvoiceFile.objects.count() == 2


def test_nothing_to_do_is_no_error(seller: Tenant) -> None:
    assert run(all_drafts=True) == ("There are no drafts to post.\n", "")


@pytest.mark.parametrize(
    ("args", "options", "sentence"),
    [
        ([], {}, "Name the drafts, or give --all-drafts."),
        (["1"], {"all_drafts": True}, "Name the drafts, or give --all-drafts."),
        (["4711"], {}, "Nothing was posted: 4711 does not exist."),
        (["1"], {"tenant": "nobody"}, "There is no tenant “nobody”. There are: acme."),
        (["1"], {"user": "x@example.com"}, "x@example.com is no member of Acme."),
        (["1"], {"user": "member@example.com"}, "member@example.com may not post invoices."),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(
    seller: Tenant, member: Membership, args: list[str], options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("post_invoices", *args, **({"tenant": "acme"} | options))
    assert (str(refused.value), refused.value.returncode) == (sentence, 2)


def test_one_wrong_number_stops_all_before_anything_is_posted(seller: Tenant) -> None:
    done, open_draft = posted({}), draft({})
    with pytest.raises(CommandError, match=f"{done.pk} is posted already as 2026-0001"):
        call_command("post_invoices", str(done.pk), str(open_draft.pk), tenant="acme")
    assert numbers() == ["2026-0001"]


def test_a_trial_tells_the_numbers_and_posts_nothing(seller: Tenant) -> None:
    drafts = [draft({}), draft({}, billing_street=""), draft({})]
    out, err = run(all_drafts=True, dry_run=True, status=1)
    assert "Would post 2 invoices: 2026-0001 to 2026-0002." in out
    assert "Left as they are: 1 draft." in err
    assert numbers() == []
    assert not AuditEntry.objects.filter(action="invoice.posted").exists()
    run(str(drafts[2].pk))
    assert numbers() == ["2026-0001"]


def test_json_is_all_that_is_printed(seller: Tenant) -> None:
    good, bad = draft({}), draft({}, billing_street="")
    out, err = run(all_drafts=True, json=True, status=1)
    assert err == ""
    first, second = json.loads(out)
    assert first == {
        "draft": good.pk,
        "customer": good.billing_name,
        "outcome": "posted",
        "reason": "",
        "number": "2026-0001",
        "currency": "EUR",
        "gross": first["gross"],
    }
    good.refresh_from_db()
    assert Decimal(first["gross"]) == good.gross_total
    assert (second["draft"], second["outcome"], second["number"]) == (bad.pk, "refused", None)
    assert "lacks the customer's name" in second["reason"]
