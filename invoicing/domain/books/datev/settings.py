"""The company's numbers at its tax adviser."""

from django.db import transaction

from invoicing.models import DatevSettings
from tenants import audit
from tenants.models import User

FIELDS = ("advisor_number", "client_number", "account_length", "chart", "initials", "locks")


@transaction.atomic
def save_settings(settings: DatevSettings, *, actor: User | None) -> DatevSettings:
    before: DatevSettings | None = DatevSettings.objects.select_for_update().first()
    changes = {
        name: [getattr(before, name, None), getattr(settings, name)]
        for name in FIELDS
        if getattr(before, name, None) != getattr(settings, name)
    }
    if changes:
        settings.save()
        audit.log("datev.settings_changed", settings, actor=actor, changes=changes)
    return settings
