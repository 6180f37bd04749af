"""What every tenant table has in common."""

from typing import Any, ClassVar, Self

from django import forms
from django.db import models
from django.db.models import UniqueConstraint

from tenants.scope import current_tenant_id


class TenantManager(models.Manager[Any]):
    """Rows of the open scope. Row-level security would hide the others as well; naming the tenant
    in the query lets PostgreSQL use the indexes that start with it."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantModelChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Offers the rows of the scope open when the form is made, not when its class is written.

    Memberships are no tenant rows to PostgreSQL, so the tenant is named here for all alike.
    """

    def __init__(self, *, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(queryset=None, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copy: Self = super().__deepcopy__(memo)
        copy.queryset = self.model._default_manager.filter(tenant_id=current_tenant_id())
        return copy


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A reference inside one tenant. Its constraint has two columns and is written by the
    migration operation `rls.tenant_reference`, so Django's own one is left out."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        # An index on the id alone would not start with the tenant.
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("using", None)
        # A caller's own queryset (the admin's) comes through `queryset` and is taken as it is.
        if "queryset" in kwargs:
            return super().formfield(**kwargs)
        return super(models.ForeignKey, self).formfield(
            **{
                "form_class": TenantModelChoiceField,
                "model": self.remote_field.model,
                "to_field_name": self.remote_field.field_name,
                **kwargs,
                "blank": self.blank,
            }
        )

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        if kwargs.pop("db_index", True):
            kwargs["db_index"] = True
        return name, path, args, kwargs


class TenantModel(models.Model):
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        default=current_tenant_id,
        editable=False,
        db_index=False,
        related_name="+",
    )

    objects: ClassVar[models.Manager[Any]] = TenantManager()

    class Meta:
        abstract = True


def tenant_id_unique(name: str) -> UniqueConstraint:
    """The target of two-column references."""
    return UniqueConstraint(fields=["tenant", "id"], name=name)


def tenant_of_its_references() -> models.ForeignKey[Any]:
    """The tenant of a table that many rows are written to at once.

    Its two-column references prove the tenant already; a check of its own per row would be a
    sixth of the time of a large draft.
    """
    return models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        default=current_tenant_id,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
