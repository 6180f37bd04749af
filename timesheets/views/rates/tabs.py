"""The tabs of the page of rates and tasks."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.models import Membership
from tenants.roles import Permission


def rate_tabs(reader: Membership, active: str) -> list[dict[str, Any]]:
    tabs = [{"key": "tasks", "label": _("Tasks"), "url": reverse("timesheets:task_list")}]
    if reader.may(Permission.SET_RATES):
        rates = {"key": "rates", "label": _("Rates"), "url": reverse("timesheets:rate_list")}
        tabs.insert(0, rates)
    return [{**tab, "active": tab["key"] == active} for tab in tabs]
