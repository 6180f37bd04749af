"""The pages of service orders, by role: the office's list and sheet, the technician's telephone."""

import base64
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image, ImageDraw

from customers.models import Project
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory, MembershipFactory, ProjectFactory, RateFactory
from timesheets.domain.orders import planning, working
from timesheets.models import Charge, ServiceOrder, ServiceOrderPhoto, TimeEntry

SignedIn = Callable[[Membership], Client]
LIST = "/acme/orders/"


@pytest.fixture
def project(tenant: Tenant, manager: Membership) -> Project:
    RateFactory()
    found: Project = ProjectFactory(
        customer=CustomerFactory(name="Ostaja Oy"), name="Service", manager=manager
    )
    return found


def written(project: Project, technician: Membership, **values: Any) -> ServiceOrder:
    return planning.create_order(
        actor=MembershipFactory(role="owner"),
        **{
            "customer": project.customer,
            "project": project,
            "title": "Boiler makes a noise",
            "technician": technician,
            "planned_start_at": timezone.now(),
        }
        | values,
    )


@pytest.fixture
def order(project: Project, member: Membership) -> ServiceOrder:
    return written(project, member)


@pytest.fixture
def started(order: ServiceOrder, member: Membership) -> ServiceOrder:
    return working.start_order(order.pk, actor=member, now=timezone.now())


@pytest.fixture
def done(started: ServiceOrder, member: Membership) -> ServiceOrder:
    working.write_report(started.pk, text="Replaced the pump.", actor=member)
    return working.finish_order(started.pk, actor=member, now=timezone.now())


def typed(project: Project, **told: object) -> dict[str, object]:
    return {"title": "A leak", "project": project.pk, "customer": project.customer_id} | told


def page(answer: Any) -> str:
    return str(answer.content.decode())


def picture(*, size: tuple[int, int] = (2400, 1200), kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind, **options)
    return out.getvalue()


# The office


def test_the_office_writes_one_and_it_is_scheduled(
    accountant: Membership, member: Membership, signed_in: SignedIn, project: Project
) -> None:
    answer = signed_in(accountant).post(
        f"{LIST}new/",
        typed(project, technician=member.pk, planned_start_at="2026-11-30T08:00"),
    )

    order = ServiceOrder.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{order.pk}/")
    assert (order.status, order.technician, order.customer) == (
        "scheduled",
        member,
        project.customer,
    )
    # Eight in Helsinki.
    assert order.planned_start_at == datetime(2026, 11, 30, 6, tzinfo=UTC)


def test_a_refusal_stands_by_its_field_and_nothing_typed_is_lost(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    answer = signed_in(accountant).post(
        f"{LIST}new/",
        typed(project, planned_start_at="2026-11-30T08:00", planned_end_at="2026-11-30T07:00"),
    )

    assert answer.status_code == 422
    assert "The end does not lie after the start." in page(answer)
    assert "A leak" in page(answer)


def test_a_manager_chooses_a_project_of_theirs(
    manager: Membership, signed_in: SignedIn, project: Project
) -> None:
    other = ProjectFactory()
    client = signed_in(manager)

    assert client.post(f"{LIST}new/", typed(other)).status_code == 422
    assert client.post(f"{LIST}new/", typed(project)).status_code == 302


def test_members_and_auditors_plan_nothing(
    member: Membership, auditor: Membership, signed_in: SignedIn, order: ServiceOrder
) -> None:
    for person in (member, auditor):
        client = signed_in(person)
        assert client.get(f"{LIST}new/").status_code == 403
        assert client.post(f"{LIST}{order.pk}/check/report/").status_code == 403
        assert client.get(f"{LIST}{order.pk}/").status_code == 200
    assert signed_in(auditor).get(f"{LIST}{order.pk}/work/").status_code == 403


def test_somebody_elses_order_is_not_there(
    signed_in: SignedIn, order: ServiceOrder, project: Project
) -> None:
    stranger = MembershipFactory()
    client = signed_in(stranger)

    for path in ("", "work/", "signature/"):
        assert client.get(f"{LIST}{order.pk}/{path}").status_code == 404
    assert "Boiler" not in page(client.get(LIST))


def test_another_companys_order_is_not_there(
    accountant: Membership, signed_in: SignedIn, other_tenant: Tenant, order: ServiceOrder
) -> None:
    assert signed_in(accountant).get(f"{LIST}{order.pk + 999}/").status_code == 404


def test_the_list_filters_sorts_and_downloads(
    accountant: Membership, member: Membership, signed_in: SignedIn, project: Project
) -> None:
    late = written(project, member, planned_start_at=timezone.now() - timedelta(days=3))
    other = MembershipFactory(name="Other")
    written(project, other, title="A leak")
    planning.cancel_order(
        written(project, member, title="Forget it").pk,
        reason="Done by somebody else",
        actor=accountant,
    )
    client = signed_in(accountant)

    assert "Forget it" not in page(client.get(LIST))
    assert "late" in page(client.get(LIST))
    assert "Forget it" in page(client.get(f"{LIST}?standing=all"))
    only = page(client.get(f"{LIST}?technician={member.pk}"))
    assert late.label in only
    assert "A leak" not in only
    sorted_page = page(client.get(f"{LIST}?sort=title"))
    assert sorted_page.index("A leak") < sorted_page.index("Boiler")
    lines = b"".join(
        client.get(f"{LIST}export.csv?standing=all").streaming_content  # type: ignore[attr-defined]
    ).decode()
    assert lines.count("\n") == 4
    assert client.get(f"{LIST}export.xlsx").status_code == 200
    turned = client.get(f"{LIST}?planned_after=2026-12-31&planned_before=2026-01-01")
    assert turned.status_code == 422


def test_the_list_asks_the_same_number_of_questions_for_three_as_for_one(
    accountant: Membership,
    member: Membership,
    signed_in: SignedIn,
    order: ServiceOrder,
    project: Project,
) -> None:
    client = signed_in(accountant)
    client.get(f"{LIST}?standing=all&sort=standing")
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(f"{LIST}?standing=all&sort=standing")
    for _ in range(2):
        written(project, MembershipFactory())
    with CaptureQueriesContext(connection) as three:
        client.get(f"{LIST}?standing=all&sort=standing")

    assert len(three) == len(one) <= 12


def test_tabs_of_customer_and_project(
    accountant: Membership, signed_in: SignedIn, order: ServiceOrder, project: Project
) -> None:
    client = signed_in(accountant)

    for url in (f"/acme/customers/{project.customer_id}/", f"/acme/projects/{project.pk}/"):
        assert "Service orders" in page(client.get(url))
        assert order.label in page(client.get(f"{url}orders/"))


def test_checks_are_given_and_taken_back(
    accountant: Membership, signed_in: SignedIn, done: ServiceOrder
) -> None:
    client = signed_in(accountant)

    for part in ("report", "hours", "parts"):
        assert client.post(f"{LIST}{done.pk}/check/{part}/").status_code == 302
    assert ServiceOrder.objects.get().is_checked
    client.post(f"{LIST}{done.pk}/check/hours/", {"take_back": "1"})
    assert not ServiceOrder.objects.get().is_checked
    assert client.post(f"{LIST}{done.pk}/check/colour/").status_code == 404


def test_a_check_before_it_is_done_is_refused_with_the_reason(
    accountant: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    answer = signed_in(accountant).post(f"{LIST}{started.pk}/check/hours/")

    assert answer.status_code == 422
    assert "SO-0001 is in progress. Only what is done can be checked." in page(answer)


def test_cancelling_asks_for_a_reason(
    accountant: Membership, signed_in: SignedIn, order: ServiceOrder
) -> None:
    client = signed_in(accountant)

    assert client.post(f"{LIST}{order.pk}/cancel/").status_code == 422
    client.post(f"{LIST}{order.pk}/cancel/", {"reason": "Sold \x00the house"})
    assert "Sold the house" in page(client.get(f"{LIST}{order.pk}/"))
    client.post(f"{LIST}{order.pk}/revive/")
    assert ServiceOrder.objects.get().status == "scheduled"


# The technician


def test_my_orders_say_what_is_today_and_what_is_late(
    member: Membership, signed_in: SignedIn, order: ServiceOrder, project: Project
) -> None:
    written(project, member, title="Yesterday", planned_start_at=timezone.now() - timedelta(days=1))
    written(project, member, title="Next week", planned_start_at=timezone.now() + timedelta(days=7))
    written(project, MembershipFactory(), title="Not mine")
    client = signed_in(member)

    shown = page(client.get(f"{LIST}mine/"))

    assert shown.index("Boiler") < shown.index("Yesterday") < shown.index("Next week")
    assert "Not mine" not in shown


def test_the_way_of_a_technician(
    member: Membership, signed_in: SignedIn, order: ServiceOrder
) -> None:
    client = signed_in(member)
    base = f"{LIST}{order.pk}/"

    client.post(f"{base}start/")
    client.post(f"{base}clock/", {"do": "start"})
    assert 'data-clock-seconds="' in page(client.get(f"{base}work/"))
    client.post(f"{base}clock/", {"do": "stop"})
    client.post(
        f"{base}hours/",
        {
            "hours-member": member.pk,
            "hours-work_date": timezone.localdate().isoformat(),
            "hours-minutes": "1:30",
        },
    )
    client.post(
        f"{base}parts/",
        {
            "part-text": "Pump",
            "part-quantity": "1",
            "part-unit": "C62",
            "part-charge_date": timezone.localdate().isoformat(),
        },
    )
    client.post(f"{base}report/", {"report": "Replaced the pump."})
    client.post(f"{base}sign/", {"sign-signed_by": "Anna Ostaja"})
    answer = client.post(f"{base}done/")

    assert (answer.status_code, answer["Location"]) == (302, f"{base}work/")
    assert sorted(TimeEntry.objects.values_list("minutes", flat=True)) == [1, 90]
    assert Charge.objects.get().text == "Pump"
    order.refresh_from_db()
    assert (order.status, order.report, order.signed_by, order.signature.name) == (
        "done",
        "Replaced the pump.",
        "Anna Ostaja",
        "",
    )


def test_what_is_refused_keeps_what_was_typed(
    member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    client = signed_in(member)
    base = f"{LIST}{started.pk}/"

    hours = client.post(f"{base}hours/", {"hours-minutes": "never", "hours-description": "Pump"})
    assert hours.status_code == 422
    assert 'value="never"' in page(hours)
    part = client.post(f"{base}parts/", {"part-text": "Pump", "part-quantity": "none"})
    assert part.status_code == 422
    assert 'value="Pump"' in page(part)
    finished = client.post(f"{base}done/")
    assert finished.status_code == 422
    assert "Write in the report what was done." in page(finished)


@pytest.mark.parametrize("path", ["", "work/"])
def test_the_pages_of_an_order_ask_no_more_for_more_work(
    path: str, accountant: Membership, member: Membership, signed_in: SignedIn, done: ServiceOrder
) -> None:
    client = signed_in(accountant)
    client.get(f"{LIST}{done.pk}/{path}")
    today = timezone.localdate()

    def record() -> None:
        working.record_hours(done.pk, actor=member, member=member, work_date=today, minutes=5)
        working.record_part(
            done.pk,
            actor=member,
            text="Pump",
            quantity=1,  # type: ignore[arg-type]
            unit="C62",  # type: ignore[arg-type]
            unit_price=None,
            charge_date=today,
        )

    record()
    with CaptureQueriesContext(connection) as one:
        client.get(f"{LIST}{done.pk}/{path}")
    record()
    record()
    with CaptureQueriesContext(connection) as three:
        client.get(f"{LIST}{done.pk}/{path}")

    assert len(three) == len(one) <= 12


# Photos and the signature


def send(client: Client, order: ServiceOrder, content: bytes, name: str = "a.jpg") -> Any:
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return client.post(
        f"{LIST}{order.pk}/photos/", {"picture-photo": file, "picture-caption": "Old pump"}
    )


def test_a_photo_is_kept_small_and_upright_and_without_the_cameras_notes(
    member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    notes = Image.Exif()
    notes[0x0112] = 6  # held upright
    notes[0x010F] = "Camera of Anna"
    client = signed_in(member)

    answer = send(client, started, picture(exif=notes))

    assert answer.status_code == 302
    photo = ServiceOrderPhoto.objects.get()
    assert (photo.width, photo.height, photo.caption) == (800, 1600, "Old pump")
    sent = b"".join(client.get(f"{LIST}{started.pk}/photos/{photo.pk}/").streaming_content)  # type: ignore[attr-defined]
    assert len(sent) == photo.size
    kept = Image.open(io.BytesIO(sent))
    assert (kept.format, dict(kept.getexif())) == ("JPEG", {})
    client.post(f"{LIST}{started.pk}/photos/{photo.pk}/remove/")
    assert not ServiceOrderPhoto.objects.exists()


@pytest.mark.parametrize(
    ("kind", "notes"),
    [
        ("PNG", b"no notes at all"),
        ("WEBP", b"II*\0"),  # cut short
        # Turned, and one note more whose number fits no field.
        (
            "JPEG",
            b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
            b"\x00\x01\x10\0\x01\0\0\0\0\0\0\0\0\0\0\0",
        ),
    ],
)
def test_a_photo_whose_notes_are_broken_is_kept_as_it_lies(
    kind: str, notes: bytes, member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    answer = send(signed_in(member), started, picture(kind=kind, exif=notes))

    assert answer.status_code == 302
    photo = ServiceOrderPhoto.objects.get()
    assert (photo.width, photo.height) == (1600, 800)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<script>alert(1)</script>",
        b"%PDF-1.7",
        picture()[:400],
        picture(kind="GIF"),
        picture(size=(20000, 5000), kind="PNG"),
    ],
    ids=["empty", "script", "pdf", "cut short", "gif", "bomb"],
)
def test_what_is_no_photo_is_refused(
    content: bytes, member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    answer = send(signed_in(member), started, content)

    assert answer.status_code == 422
    assert not ServiceOrderPhoto.objects.exists()


def drawn() -> str:
    image = Image.new("RGBA", (600, 300), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 200), (300, 80), (560, 220)], fill=(17, 17, 17, 255), width=5)
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def test_a_drawn_signature_is_kept_black_on_white(
    member: Membership, signed_in: SignedIn, done: ServiceOrder
) -> None:
    client = signed_in(member)

    client.post(f"{LIST}{done.pk}/sign/", {"sign-signed_by": "Anna Ostaja", "sign-drawn": drawn()})

    sent = b"".join(client.get(f"{LIST}{done.pk}/signature/").streaming_content)  # type: ignore[attr-defined]
    kept = Image.open(io.BytesIO(sent))
    assert (kept.format, kept.size, kept.getpixel((0, 0))) == ("PNG", (600, 300), 255)
    # The report is what was signed.
    refused = client.post(f"{LIST}{done.pk}/report/", {"report": "Something else."})
    assert refused.status_code == 422
    assert "Anna Ostaja has signed this report." in page(refused)
    client.post(f"{LIST}{done.pk}/unsign/")
    assert client.get(f"{LIST}{done.pk}/signature/").status_code == 404
    assert client.post(f"{LIST}{done.pk}/report/", {"report": "Other."}).status_code == 302


def blank() -> str:
    out = io.BytesIO()
    Image.new("RGBA", (600, 300), (0, 0, 0, 0)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


@pytest.mark.parametrize(
    "value", ["data:image/svg+xml;base64,PHN2Zy8+", "data:image/png;base64,%%%", "x", blank()]
)
def test_what_is_no_drawing_is_refused(
    value: str, member: Membership, signed_in: SignedIn, done: ServiceOrder
) -> None:
    answer = signed_in(member).post(
        f"{LIST}{done.pk}/sign/", {"sign-signed_by": "Anna Ostaja", "sign-drawn": value}
    )

    assert answer.status_code == 422
    assert "Anna Ostaja" in page(answer)
    assert ServiceOrder.objects.get().signed_at is None


# What is added is added once


def test_a_second_tap_adds_nothing(
    member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    client = signed_in(member)
    base, today = f"{LIST}{started.pk}/", timezone.localdate().isoformat()
    hours = {"hours-member": member.pk, "hours-work_date": today, "hours-minutes": "1:30"}
    part = {
        "part-text": "Pump",
        "part-quantity": "1",
        "part-unit": "C62",
        "part-charge_date": today,
    }

    def taps(form: str, url: str, values: Callable[[], Mapping[str, object]]) -> list[str]:
        """Where one shown form leads that is sent twice."""
        shown = page(client.get(f"{base}work/"))
        [token] = re.findall(rf'name="{form}-token" value="([0-9a-f-]{{36}})"', shown)
        answers = [
            client.post(f"{base}{url}/", {**values(), f"{form}-token": token}) for _tap in range(2)
        ]
        return [answer["Location"] for answer in answers]

    assert taps("hours", "hours", lambda: hours) == [f"{base}work/#hours"] * 2
    assert taps("part", "parts", lambda: part) == [f"{base}work/#parts"] * 2
    assert taps("picture", "photos", taken) == [f"{base}work/#photos"] * 2
    one_each = (
        TimeEntry.objects.count(),
        Charge.objects.count(),
        ServiceOrderPhoto.objects.count(),
    )
    assert one_each == (1, 1, 1)

    # The next form is another one: the same part again is a second part.
    taps("part", "parts", lambda: part)
    assert Charge.objects.count() == 2


def test_what_was_refused_can_be_sent_again_from_the_same_form(
    member: Membership, signed_in: SignedIn, started: ServiceOrder
) -> None:
    client, url = signed_in(member), f"{LIST}{started.pk}/hours/"
    token = "0b8ee0c4-65ad-4b6a-9d6c-4bd1c46e7f6d"
    typed = {"hours-member": member.pk, "hours-token": token, "hours-minutes": "1:30"}

    refused = client.post(url, typed | {"hours-work_date": "1999-01-01"})
    assert (refused.status_code, token in page(refused)) == (422, True)

    answer = client.post(url, typed | {"hours-work_date": timezone.localdate().isoformat()})
    assert answer.status_code == 302
    assert TimeEntry.objects.get().minutes == 90


def taken() -> dict[str, object]:
    return {"picture-photo": SimpleUploadedFile("a.jpg", picture(), content_type="image/jpeg")}


def seen_in(answer: Any) -> str:
    found = re.search(r'name="seen"\s+value="([^"]*)"', page(answer))
    assert found is not None
    return unescape(found[1])


def plan(order: ServiceOrder, **told: object) -> dict[str, object]:
    """The form of the order as a browser sends it."""
    start = timezone.localtime(order.planned_start_at) if order.planned_start_at else None
    return {
        "customer": order.customer_id, "project": order.project_id, "title": order.title,
        "technician": order.technician_id or "", "site_address": order.site_address,
        "planned_start_at": f"{start:%Y-%m-%dT%H:%M}" if start else "",
    } | told  # fmt: skip


def test_what_one_saved_in_another_window_is_called_ones_own(
    order: ServiceOrder, owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    edit = f"/acme/orders/{order.pk}/edit/"
    seen = seen_in(client.get(edit))
    planning.change_order(order.pk, actor=owner, title="Pump leaks")

    answer = client.post(edit, plan(order, title="Boiler howls", seen=seen))

    assert answer.status_code == 409
    text = page(answer)
    assert "You saved this order in another window at" in text
    assert "Saved by you, in another window" in text
    assert "Load what is saved" in text


def test_what_another_saved_is_not_overwritten_unseen(
    order: ServiceOrder, owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    edit = f"/acme/orders/{order.pk}/edit/"
    seen = seen_in(client.get(edit))
    other = MembershipFactory(role="owner", user__name="Oili Other")
    planning.change_order(order.pk, actor=other, title="Pump leaks", contact_name="Kari")

    answer = client.post(edit, plan(order, title="Boiler howls", seen=seen))

    assert answer.status_code == 409
    text = page(answer)
    assert "Oili Other saved this order at" in text
    assert 'value="Boiler howls"' in text  # mine, kept
    assert 'value="Kari"' in text  # left alone here, so taken over
    told = [(d.theirs, d.outcome) for d in answer.context["conflict"]]
    assert told == [("Pump leaks", "kept"), ("Kari", "taken")]
    order.refresh_from_db()
    assert order.title == "Pump leaks"

    mine = plan(order, title="Boiler howls", contact_name="Kari", seen=seen_in(answer))
    assert client.post(edit, mine).status_code == 302
    order.refresh_from_db()
    assert (order.title, order.contact_name) == ("Boiler howls", "Kari")


def test_saving_twice_or_the_same_is_no_conflict(
    order: ServiceOrder, owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    edit = f"/acme/orders/{order.pk}/edit/"
    sent = plan(order, title="Boiler howls", seen=seen_in(client.get(edit)))
    assert client.post(edit, sent).status_code == 302
    # The same form again, as after a double tap, says what is stored already.
    assert client.post(edit, sent).status_code == 302
    assert client.post(edit, sent | {"seen": "broken"}).status_code == 302


def test_a_report_is_not_overwritten_unseen(
    started: ServiceOrder, member: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(member)
    work, report = f"/acme/orders/{started.pk}/work/", f"/acme/orders/{started.pk}/report/"
    seen = seen_in(client.get(work))
    office = MembershipFactory(role="owner", user__name="Oili Office")
    working.write_report(started.pk, text="Checked by telephone.", actor=office)

    answer = client.post(report, {"report": "New pump.", "seen": seen})

    assert answer.status_code == 409
    assert "Oili Office wrote another report" in page(answer)
    assert "Checked by telephone." in page(answer)
    assert "New pump." in page(answer)
    started.refresh_from_db()
    assert started.report == "Checked by telephone."

    again = {"report": "New pump.", "seen": seen_in(answer)}
    assert client.post(report, again).status_code == 302
    started.refresh_from_db()
    assert started.report == "New pump."
