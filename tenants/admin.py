"""Inside a tenant: its members, its own details, its log. On the platform: tenants and users."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.identifier_forms import IdentifiersForm
from tenants.admin_base import ReadOnlyAdmin, TenantModelAdmin, actor_of
from tenants.admin_sites import tenant_admin
from tenants.audit import log
from tenants.domain.founding import equip
from tenants.domain.members import invite_member
from tenants.errors import MemberRefused
from tenants.forms import TenantSettingsForm
from tenants.models import AuditEntry, Membership, SentForm, Tenant, TenantRole, User
from tenants.role_book import book_of
from tenants.roles import Permission, Role
from tenants.scope import current_tenant_id, tenant_scope


@admin.register(Tenant, site=tenant_admin)
class OwnTenantAdmin(TenantModelAdmin):
    """The company itself, one row."""

    form = TenantSettingsForm
    list_display = ["name", "legal_name", "business_id", "currency"]
    search_fields = ["name"]
    # Whether two people look at each draft is decided on the page of settings, by fewer people.
    readonly_fields = ["slug", "is_active", "four_eyes", "created_at"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Tenant]:
        return Tenant.objects.filter(pk=current_tenant_id())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return book_of(current_tenant_id()).choices

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Membership]
    ) -> models.QuerySet[Membership]:
        return queryset.filter(role=self.value()) if self.value() else queryset


@admin.register(TenantRole, site=tenant_admin)
class TenantRoleAdmin(ReadOnlyAdmin):
    """What was adjusted; changed on the roles' own page, which knows who loses what by it."""

    seen_with = (Permission.MANAGE_ROLES, Permission.VIEW_AUDIT)
    list_display = ["__str__", "key", "granted", "withheld"]
    search_fields = ["name", "key"]
    fields = ["name", "key", "granted", "withheld"]


@admin.register(SentForm, site=tenant_admin)
class SentFormAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_AUDIT,)
    list_display = ["token", "at"]
    search_fields = ["token"]


@admin.register(Membership, site=tenant_admin)
class MemberAdmin(TenantModelAdmin):
    """Name and number only: roles, invitations and access have their rules on the members' page."""

    seen_with = (Permission.MANAGE_MEMBERS,)
    changed_with = Permission.MANAGE_MEMBERS
    page_url_name = "tenants:member_edit"
    list_display = ["name", "email", "role_name", "staff_number", "is_active"]
    list_filter = [RoleFilter, "is_active"]
    search_fields = ["name", "email", "staff_number"]
    fields = ["name", "staff_number", "email", "role_name", "is_active", "invited_at", "joined_at"]
    readonly_fields = ["email", "role_name", "is_active", "invited_at", "joined_at"]

    @admin.display(description=gettext_lazy("role"), ordering="role")
    def role_name(self, member: Membership) -> str:
        return member.role_name

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry, site=tenant_admin)
class AuditEntryAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_AUDIT,)
    list_display = ["at", "actor_name", "action", "object_type", "object_label"]
    search_fields = ["actor_name", "action", "object_label"]
    date_hierarchy = "at"
    fields = ["at", "actor_name", "action", "object_type", "object_id", "object_label", "detail"]


class PlatformMembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """Offers the program's roles, and keeps one of the company's own where somebody has it."""

    role = forms.ChoiceField(label=gettext_lazy("role"), initial=Role.MEMBER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        present = self.instance.role
        own = [] if present in Role.values else [(present, present)]
        role.choices = [*Role.choices, *own]


class PlatformRoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role.value, str(role.label)) for role in Role]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Membership]
    ) -> models.QuerySet[Membership]:
        return queryset.filter(role=self.value()) if self.value() else queryset


class PlatformMembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    form = PlatformMembershipForm
    extra = 0
    fields = ["name", "email", "role", "is_active"]
    can_delete = False

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


@admin.register(Tenant)
class PlatformTenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Companies; with the first owner in the table below, who is invited on saving."""

    form = IdentifiersForm

    list_display = ["name", "slug", "country", "is_active", "created_at"]
    list_filter = ["is_active", "country"]
    search_fields = ["name", "slug", "legal_name", "business_id"]
    fields = [
        "slug", "name", "legal_name", "business_id", "vat_id", "country", "language", "currency",
        "time_zone", "is_active",
    ]  # fmt: skip
    inlines = [PlatformMembershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Links of this company's people lead through the slug.
        return ["slug"] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Documents are kept for years; a company that leaves becomes inactive."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Audit in the company's own log what the platform changed, and invite new members."""
        tenant: Tenant = form.instance
        with tenant_scope(tenant.pk):
            super().save_related(request, form, formsets, change)
            if not change:
                for sentence in equip(tenant, actor=actor_of(request)):
                    self.message_user(request, sentence, messages.WARNING)
            log("platform.tenant_saved", tenant, actor=actor_of(request), fields=form.changed_data)
            for formset in formsets:
                for member in formset.new_objects:
                    log("platform.member_saved", member, actor=actor_of(request), role=member.role)
                    if member.email:
                        invite_member(member, actor=actor_of(request))
                for member, fields in formset.changed_objects:
                    log("platform.member_saved", member, actor=actor_of(request), fields=fields)


@admin.register(Membership)
class PlatformMembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "email", "tenant", "role", "is_active", "joined_at"]
    form = PlatformMembershipForm
    list_filter = [PlatformRoleFilter, "is_active", ("tenant", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "email", "tenant__name", "tenant__slug"]
    list_select_related = ["tenant"]
    autocomplete_fields = ["tenant", "user"]
    fields = ["tenant", "user", "name", "email", "role", "staff_number", "is_active"]
    actions = ["send_invitations"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["tenant"] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Hours and documents refer to members; one who leaves becomes inactive."""
        return False

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        with tenant_scope(obj.tenant_id):
            log("platform.member_saved", obj, actor=actor_of(request), fields=form.changed_data)

    @admin.action(description=gettext_lazy("Send invitations"))
    def send_invitations(self, request: HttpRequest, queryset: models.QuerySet[Membership]) -> None:
        sent = 0
        for member in queryset:
            try:
                with tenant_scope(member.tenant_id):
                    invite_member(member, actor=actor_of(request))
                sent += 1
            except MemberRefused as refused:
                self.message_user(request, f"{member}: {refused}", messages.WARNING)
        if sent:
            self.message_user(request, _("%(sent)d on their way.") % {"sent": sent})


@admin.register(User)
class PlatformUserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People who sign in. Passwords are set by the people themselves, over the link to reset."""

    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "language", "is_active", "is_staff", "is_superuser", "last_login"]
    readonly_fields = ["last_login"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The audit log names them for good."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Nobody raises themselves, and nobody locks themselves out.
        raising = [] if actor_of(request).is_superuser else ["is_staff", "is_superuser"]
        own = ["is_active", "is_staff", "is_superuser"] if obj == request.user else []
        return sorted({"last_login", *raising, *own})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.email = obj.email.lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            EmailAddress.objects.get_or_create(
                user=obj, email=obj.email, defaults={"primary": True, "verified": False}
            )


# Sign-in is by e-mail and roles are ours; Django's groups and allauth's tables would only confuse.
for unused in (Group, EmailAddress, Authenticator):
    if admin.site.is_registered(unused):
        admin.site.unregister(unused)
