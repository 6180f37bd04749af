"""The tabs of the settings. Each room's page has its line here, with who may open it."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.roles import Permission


@dataclass(frozen=True)
class SettingsTab:
    """`also`: further URL names that belong to it, for the menu."""

    key: str
    label: Any
    url_name: str
    permissions: tuple[Permission, ...]
    also: tuple[str, ...] = ()

    def is_for(self, membership: Membership) -> bool:
        return any(membership.may(permission) for permission in self.permissions)


SETTINGS_TABS = (
    SettingsTab("company", _("Company"), "tenants:settings", (Permission.MANAGE_SETTINGS,)),
    SettingsTab(
        "numbering",
        _("Numbering"),
        "invoicing:series_list",
        (Permission.MANAGE_NUMBERING, Permission.VIEW_INVOICE),
        also=("invoicing:series_new", "invoicing:series_edit", "invoicing:series_report"),
    ),
    SettingsTab(
        "documents",
        _("Documents"),
        "invoicing:letterhead",
        (Permission.MANAGE_INVOICE_TEMPLATE,),
        also=("invoicing:design_gallery", "invoicing:design_edit"),
    ),
    SettingsTab(
        "templates",
        _("Templates"),
        "invoicing:template_list",
        (Permission.MANAGE_INVOICE_TEMPLATE, Permission.UPLOAD_INVOICE_TEMPLATE),
        also=(
            "invoicing:template_upload",
            "invoicing:template_detail",
            "invoicing:template_placeholders",
        ),
    ),
    SettingsTab(
        "mails",
        _("E-mails"),
        "invoicing:mail_texts",
        (Permission.MANAGE_INVOICE_TEMPLATE,),
        also=("invoicing:mail_text",),
    ),
    SettingsTab(
        "reminders",
        _("Reminders"),
        "invoicing:reminder_settings",
        (Permission.MANAGE_SETTINGS,),
        also=("invoicing:terms_edit", "invoicing:words_edit", "invoicing:rate_new"),
    ),
    SettingsTab(
        "groups",
        _("Customer groups"),
        "customers:group_list",
        (Permission.EDIT_CUSTOMERS,),
        also=("customers:group_new", "customers:group_edit"),
    ),
)


def settings_tabs(membership: Membership, active: str) -> list[dict[str, Any]]:
    """Those this person may open; a single one needs no tabs."""
    tabs = [
        {"label": tab.label, "url": address, "active": tab.key == active}
        for tab in SETTINGS_TABS
        if tab.is_for(membership) and (address := _address(tab))
    ]
    return tabs if len(tabs) > 1 else []


def settings_address(membership: Membership) -> str:
    """The first page of the settings this person may open, or nothing."""
    addresses = (_address(tab) for tab in SETTINGS_TABS if tab.is_for(membership))
    return next((address for address in addresses if address), "")


def _address(tab: SettingsTab) -> str:
    try:
        return reverse(tab.url_name)
    except NoReverseMatch:
        return ""
