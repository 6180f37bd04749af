"""Forms of the hours locks: a period to lock, a reason to unlock."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput
from customers.models import Project
from tenants.base import TenantModelChoiceField
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.locks import LONGEST_REASON


class HoursLockForm(forms.Form):
    start_date = forms.DateField(label=_("From"), widget=DateInput)
    end_date = forms.DateField(label=_("To"), widget=DateInput)
    project = TenantModelChoiceField(model=Project, label=_("Project"), required=False)

    def __init__(self, actor: Membership, member: Membership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.filter(is_active=True).select_related("customer")
        field: Any = self.fields["project"]
        whole = actor.may(Permission.LOCK_HOURS) or member.pk == actor.pk
        if member.pk == actor.pk and not actor.may(Permission.LOCK_HOURS):
            del self.fields["project"]
        elif whole:
            field.empty_label = _("All projects")
            field.queryset = projects
        else:
            field.queryset = projects.filter(manager=actor)
            field.required = True
            field.empty_label = None

    def period_typed(self) -> tuple[date | None, date | None]:
        """The days as far as they can be read, for what the dialog says about them."""
        days = []
        for name in ("start_date", "end_date"):
            try:
                days.append(self.fields[name].clean(self[name].value()))
            except forms.ValidationError:
                days.append(None)
        return days[0], days[1]


class UnlockForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
        help_text=_("It is kept in the log, for everybody who looks at these hours later."),
        error_messages={
            "required": _("Say in a few words why these hours are unlocked; it is kept in the log.")
        },
    )
