from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.filters import DateRangeFilter, SearchFilter
from tenants.audit_words import ACTIONS, KINDS
from tenants.models import AuditEntry, Membership
from tenants.role_book import book_of
from tenants.scope import current_tenant_id


class MemberFilter(django_filters.FilterSet):  # type: ignore[misc]
    STATES = [
        ("active", _("Active")),
        ("waiting", _("Invited, not joined")),
        ("offline", _("Without sign-in")),
        ("inactive", _("Not active")),
    ]

    q = SearchFilter("name", "email", "staff_number")
    role = django_filters.ChoiceFilter(
        choices=lambda: book_of(current_tenant_id()).choices,
        label=_("Role"),
        empty_label=_("All"),
    )
    state = django_filters.ChoiceFilter(
        choices=STATES, label=_("State"), empty_label=_("All"), method="filter_state"
    )

    class Meta:
        model = Membership
        fields = ["q", "role", "state"]

    def filter_state(
        self, queryset: QuerySet[Membership], _name: str, value: str
    ) -> QuerySet[Membership]:
        conditions: dict[str, dict[str, Any]] = {
            "active": {"is_active": True},
            "waiting": {"is_active": True, "user": None, "invited_at__isnull": False},
            "offline": {"is_active": True, "user": None, "invited_at": None},
            "inactive": {"is_active": False},
        }
        return queryset.filter(**conditions[value])


def _people(request: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(tenant=request.tenant, user__isnull=False).order_by("name")


class AuditFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("object_label", "actor_name", label=_("Search what and who"))
    person = django_filters.ModelChoiceFilter(
        queryset=_people, label=_("Who"), empty_label=_("Everybody"), method="filter_person"
    )
    action = django_filters.ChoiceFilter(
        choices=lambda: sorted(ACTIONS.items(), key=lambda pair: str(pair[1])),
        label=_("What was done"),
        empty_label=_("Everything"),
    )
    object_type = django_filters.ChoiceFilter(
        choices=lambda: sorted(KINDS.items(), key=lambda pair: str(pair[1])),
        label=_("To what"),
        empty_label=_("Everything"),
    )
    object_id = django_filters.NumberFilter(label=_("Record"))
    at = DateRangeFilter(field_name="at", label=_("Period"))

    class Meta:
        model = AuditEntry
        fields = ["q", "person", "action", "object_type", "object_id", "at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only links from a record's own page narrow to that record.
        self.form.fields["object_id"].widget = self.form.fields["object_id"].hidden_widget()

    def filter_person(
        self, queryset: QuerySet[AuditEntry], _name: str, value: Membership | None
    ) -> QuerySet[AuditEntry]:
        return queryset.filter(actor_id=value.user_id) if value else queryset
