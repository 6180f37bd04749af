"""Recalculating rates: the difference first, then what was shown, and the way back."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import DateInput, PeriodForm
from core.periods import Period, month_of
from customers.models import Customer, Project
from tenants.access import TenantRequest, permission_required
from tenants.base import TenantModelChoiceField
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.recalculating import (
    Change,
    Scope,
    apply_recalculation,
    preview_recalculation,
    take_back,
)
from timesheets.views.rates.forms import COMBOBOX, ProjectField

SET = permission_required(Permission.SET_RATES)
GROUPS_SHOWN = 500
# The way back is kept in the session; more than this is taken back by recalculating again.
MOST_UNDONE, UNDO_SECONDS, UNDO_KEY = 3_000, 900, "recalculated_rates"


class ScopeForm(PeriodForm):
    longest_days = 3 * 366
    too_long = gettext_lazy("Choose at most three years at a time.")

    start = forms.DateField(label=gettext_lazy("From"), widget=DateInput)
    end = forms.DateField(label=gettext_lazy("To"), widget=DateInput)
    customer = TenantModelChoiceField(
        model=Customer,
        label=gettext_lazy("Customer"),
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(COMBOBOX),
    )
    project = ProjectField(
        model=Project,
        label=gettext_lazy("Project"),
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(COMBOBOX),
    )
    person = TenantModelChoiceField(
        model=Membership,
        label=gettext_lazy("Person"),
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(COMBOBOX),
    )
    by_hand = forms.BooleanField(
        label=gettext_lazy("Also rates that were set by hand"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.select_related("customer").order_by("name")

    def scope(self) -> Scope:
        values = self.cleaned_data
        ids = {
            name: values[key].pk if values[key] else None
            for name, key in (
                ("customer_id", "customer"),
                ("project_id", "project"),
                ("member_id", "person"),
            )
        }
        return Scope(start=values["start"], end=values["end"], by_hand=values["by_hand"], **ids)


@require_http_methods(["GET", "POST"])
@SET
def recalculate(request: TenantRequest) -> HttpResponse:
    """GET shows the difference, POST with its token applies it."""
    today = timezone.localdate()
    asked = "start" in request.GET or request.method == "POST"
    initial = {"start": month_of(today).before().start, "end": today}
    form = ScopeForm(request.GET if asked else None, initial=initial)
    context: dict[str, Any] = {"form": form, "undo_count": len(_undoable(request))}
    if not asked:
        return render(request, "timesheets/recalculate.html", context)
    if not form.is_valid():
        return render(request, "timesheets/recalculate.html", context, status=422)
    scope = form.scope()
    if request.method == "POST":
        try:
            done = apply_recalculation(
                scope, actor=request.membership, token=request.POST.get("token", "")
            )
        except DomainError as refusal:
            context["refusal"] = str(refusal)
        else:
            _remember(request, done.changes)
            words = ngettext(
                "%(count)s entry has its new rate.",
                "%(count)s entries have their new rates.",
                len(done.changes),
            )
            messages.success(request, words % {"count": len(done.changes)})
            url = reverse("timesheets:recalculate")
            return redirect(f"{url}?{request.GET.urlencode()}")
    preview = preview_recalculation(scope)
    context |= {
        "preview": preview,
        "groups": preview.groups[:GROUPS_SHOWN],
        "groups_left_out": max(len(preview.groups) - GROUPS_SHOWN, 0),
        "period": Period(scope.start, scope.end),
    }
    status = 422 if "refusal" in context else 200
    return render(request, "timesheets/recalculate.html", context, status=status)


@require_POST
@SET
def recalculate_undo(request: TenantRequest) -> HttpResponse:
    changes = _undoable(request)
    request.session.pop(UNDO_KEY, None)
    count = take_back(changes, actor=request.membership)
    if count:
        words = ngettext(
            "%(count)s entry has its old rate again.",
            "%(count)s entries have their old rates again.",
            count,
        )
        messages.success(request, words % {"count": count})
    if count < len(changes) or not changes:
        messages.warning(
            request, _("What was changed, locked or drafted since then stays as it is.")
        )
    return redirect("timesheets:recalculate")


def _remember(request: TenantRequest, changes: list[Change]) -> None:
    request.session.pop(UNDO_KEY, None)
    if len(changes) <= MOST_UNDONE:
        request.session[UNDO_KEY] = {
            "tenant": request.tenant.pk,
            "until": timezone.now().timestamp() + UNDO_SECONDS,
            "changes": [
                [
                    change.entry_id,
                    None if change.old_rate is None else str(change.old_rate),
                    change.old_level,
                    str(change.new_rate),
                    change.new_level,
                    change.minutes,
                ]
                for change in changes
            ],
        }


def _undoable(request: TenantRequest) -> list[Change]:
    """What this person recalculated in this company a moment ago."""
    kept = request.session.get(UNDO_KEY)
    if not kept or kept["tenant"] != request.tenant.pk:
        return []
    if timezone.now().timestamp() > kept["until"]:
        return []
    return [
        Change(pk, None if old is None else Decimal(old), old_level, Decimal(new), level, minutes)
        for pk, old, old_level, new, level, minutes in kept["changes"]
    ]
