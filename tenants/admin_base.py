"""What every model's administration inside a tenant has in common.

Register with `@admin.register(Model, site=tenant_admin)` and derive from `TenantModelAdmin`, or
from `ReadOnlyAdmin` where changes are made by domain functions and pages alone.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from core.identifier_forms import check_identifiers
from tenants.admin_sites import tenant_admin
from tenants.audit import log
from tenants.forms import TenantModelForm
from tenants.models import Membership, User
from tenants.roles import Permission
from tenants.scope import current_tenant_id

LONGEST_VALUE = 200


# Who may open the administration sees and changes there what they may elsewhere: by app, unless
# the model's own class says otherwise.
_P = Permission
SEEN_WITH: dict[str, tuple[Permission, ...]] = {
    "catalog": (_P.MANAGE_SETTINGS,),
    "customers": (_P.VIEW_CUSTOMERS,),
    "timesheets": (_P.VIEW_HOURS,),
    "invoicing": (_P.VIEW_INVOICE,),
    "integrations": (_P.VIEW_EXPORTS, _P.MANAGE_INTEGRATIONS),
    "tenants": (_P.MANAGE_SETTINGS,),
}
CHANGED_WITH: dict[str, Permission] = {
    "catalog": _P.MANAGE_SETTINGS,
    "customers": _P.EDIT_CUSTOMERS,
    "timesheets": _P.EDIT_HOURS,
    "invoicing": _P.CREATE_INVOICE,
    "integrations": _P.MANAGE_INTEGRATIONS,
    "tenants": _P.MANAGE_SETTINGS,
}


class _AsTheRoleMay:
    """Django's own permissions are the platform's; here the role's are asked, for each model."""

    admin_site: admin.AdminSite
    opts: Any
    seen_with: tuple[Permission, ...] = ()
    changed_with: Permission | None = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._sees(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._sees(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._changes(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._changes(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._changes(request)

    def _sees(self, request: HttpRequest) -> bool:
        needed = self.seen_with or SEEN_WITH[self.opts.app_label]
        return self._may(request, *needed)

    def _changes(self, request: HttpRequest) -> bool:
        needed = self.changed_with or CHANGED_WITH[self.opts.app_label]
        return self._sees(request) and self._may(request, needed)

    def _may(self, request: HttpRequest, *permissions: Permission) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        if membership is None or not self.admin_site.has_permission(request):
            return False
        return any(membership.may(permission) for permission in permissions)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> models.QuerySet[Any] | None:
        """Name the tenant: memberships are visible across tenants, and a form must not be."""
        model = db_field.remote_field.model
        if not any(field.name == "tenant" for field in model._meta.fields):
            return None
        related = self.admin_site._registry.get(model)
        ordering = related.get_ordering(request) if related else ()
        found: models.QuerySet[Any] = model._default_manager.filter(tenant_id=current_tenant_id())
        return found.order_by(*ordering) if ordering else found


class RowForm(TenantModelForm):
    """Asks the constraints of a row with what the form does not show as it is stored.

    Django leaves such constraints to the database, whose refusal is a fault on the page.
    """

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_identifiers(self)
        return values

    def validate_constraints(self) -> None:
        exclusions = self._get_validation_exclusions()  # type: ignore[attr-defined]
        hidden_from_constraints = exclusions & self.fields.keys()
        try:
            self.instance.validate_constraints(exclude=hidden_from_constraints)
        except ValidationError as refused:
            self._update_errors(refused)  # type: ignore[attr-defined]


class TenantModelAdmin(_AsTheRoleMay, admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes what it changes into the tenant's audit log instead of `django_admin_log`."""

    form: type[Any] = RowForm
    list_per_page = 50
    show_full_result_count = False
    # The URL name of the record's own page, where it has one.
    page_url_name = ""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = super().get_queryset(request)
        return found.filter(tenant_id=current_tenant_id())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Old and new values of the form, and the rows of its tables by name."""
        changes = {}
        if not add:
            for name in form.changed_data:
                old = form.get_initial_for_field(form.fields[name], name)
                changes[name] = [_shown(form, name, old), _words(form.cleaned_data.get(name))]
        rows = [
            f"{verb} {row}"
            for formset in formsets or []
            for verb, found in (
                ("+", formset.new_objects),
                ("~", [changed for changed, _fields in formset.changed_objects]),
                ("−", formset.deleted_objects),
            )
            for row in found
        ]
        return {key: value for key, value in (("changes", changes), ("rows", rows)) if value}

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        log("admin.added", obj, actor=actor_of(request), **_detail(message))

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        log("admin.changed", obj, actor=actor_of(request), **_detail(message))

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        for obj in queryset:
            log("admin.deleted", obj, actor=actor_of(request))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The tenant's audit log, narrowed to the record."""
        query = f"?object_type={self.opts.label_lower}&object_id={object_id}"
        return redirect(reverse("tenants:audit_list") + query)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        extra_context = {**(extra_context or {}), "page_url": self._page_url(object_id)}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _page_url(self, object_id: str | None) -> str:
        if not self.page_url_name or object_id is None:
            return ""
        try:
            return reverse(self.page_url_name, args=[object_id])
        except NoReverseMatch:
            return ""


class ReadOnlyAdmin(TenantModelAdmin):
    """To look at and to search; changed elsewhere or never."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TenantTabularInline(_AsTheRoleMay, admin.TabularInline):  # type: ignore[type-arg]
    form = RowForm
    extra = 0


class ReadOnlyInline(TenantTabularInline):
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # What no form may set can only be shown as it is.
        return [str(name) for name in self.fields or []]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _detail(message: Any) -> dict[str, Any]:
    return message if isinstance(message, dict) else {"message": message}


def _shown(form: Any, name: str, value: Any) -> str:
    """A reference's initial value is a key; the log wants its name."""
    queryset = getattr(form.fields[name], "queryset", None)
    if value is None or queryset is None or isinstance(value, models.Model):
        return _words(value)
    found = queryset.filter(pk=value).first()
    return _words(found if found is not None else value)


def _words(value: Any) -> str:
    return "" if value is None else str(value)[:LONGEST_VALUE]


__all__ = [
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "TenantModelAdmin",
    "TenantTabularInline",
    "actor_of",
    "tenant_admin",
]
