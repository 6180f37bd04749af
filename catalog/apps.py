from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        from catalog.domain.equipping import make_tax_rates
        from tenants.domain import founding

        founding.register(make_tax_rates)
