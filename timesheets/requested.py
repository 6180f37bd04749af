"""What pages of hours read from their addresses: a day, a number, whose hours are meant."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_date

from core.lists import is_id
from tenants.access import TenantRequest
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import visible_people


def day_of(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


def number_of(text: str | None) -> int | None:
    return int(text) if text and is_id(text) else None


def person_and_people(request: TenantRequest) -> tuple[Membership | None, list[Membership]]:
    """Whose week it is, and whose else one may open."""
    reader, asked = request.membership, request.GET.get("person")
    if not (reader.may(Permission.VIEW_HOURS) or reader.may(Permission.VIEW_PROJECT_HOURS)):
        if asked and asked != str(reader.pk):
            forbid_or_miss(request, asked)
        return reader, []
    seen = list(visible_people(reader).order_by("name", "pk"))
    if asked:
        person = next((one for one in seen if str(one.pk) == asked), None)
        if person is None:
            forbid_or_miss(request, asked)
    elif reader.may(Permission.RECORD_HOURS):
        person = reader
    else:
        person = next((one for one in seen if one.may(Permission.RECORD_HOURS)), None)
    people = [
        one for one in seen if one == person or (one.is_active and one.may(Permission.RECORD_HOURS))
    ]
    return person, people


def forbid_or_miss(request: TenantRequest, asked: str) -> None:
    """A colleague one may not look at is forbidden; nobody else's person is there at all."""
    get_object_or_404(Membership, tenant=request.tenant, pk=number_of(asked))
    raise PermissionDenied
