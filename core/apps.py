from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        from django.urls import register_converter

        from core.converters import FileKind
        from core.forms import name_what_is_missing

        register_converter(FileKind, "filekind")
        name_what_is_missing()
