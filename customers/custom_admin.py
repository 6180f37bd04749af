"""The tenant's own fields in the administration, cleaned as everywhere."""

from typing import Any, ClassVar

from django.http import HttpRequest

from customers.custom_forms import PREFIX, ValueField, typed
from customers.domain import custom_fields
from customers.errors import CustomFieldRefused
from customers.models import CustomField
from tenants.admin_base import RowForm, TenantModelAdmin


class _CustomRowForm(RowForm):
    custom_target: ClassVar[str] = ""
    custom_fields: ClassVar[list[CustomField]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.custom_fields:
            value = (
                self.instance.custom_values.get(field.name)
                if self.instance.pk
                else custom_fields.default_of(field)
            )
            self.initial.setdefault(PREFIX + field.name, typed(field, value))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.custom_fields:
            return
        given = {
            field.name: self.cleaned_data[PREFIX + field.name]
            for field in self.custom_fields
            if PREFIX + field.name in self.cleaned_data
        }
        try:
            if self.instance.pk:
                fields = custom_fields.held_fields(self.custom_target)
                custom_fields.change_values(self.instance, fields, given)
            else:
                self.instance.custom_values = custom_fields.for_new(self.custom_target, given)
        except CustomFieldRefused as refused:
            self.add_error(None, str(refused))


class CustomFieldsAdmin(TenantModelAdmin):
    """`custom_target` names whose fields a record has; they come after the others."""

    custom_target = ""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        found = custom_fields.fields_of(self.custom_target)
        if not self.has_change_permission(request, obj):
            found = []
        declared: dict[str, Any] = {PREFIX + field.name: ValueField(field) for field in found}
        kwargs["form"] = type(
            "CustomRowForm",
            (_CustomRowForm,),
            {**declared, "custom_target": self.custom_target, "custom_fields": found},
        )
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_fields(request, obj))
        if not self.fields or not self.has_change_permission(request, obj):
            return fields
        own = [PREFIX + field.name for field in custom_fields.fields_of(self.custom_target)]
        return [*fields, *(name for name in own if name not in fields)]
