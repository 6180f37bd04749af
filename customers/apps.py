from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers.domain import carriers

        carriers.register("customer", carriers.Carrier("customers.Customer"))
        carriers.register("project", carriers.Carrier("customers.Project"))
