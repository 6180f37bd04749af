from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    name = "invoicing"
    verbose_name = _("Invoicing")

    def ready(self) -> None:
        from django.db.models import Q

        from customers.domain import carriers
        from invoicing.domain.numbering import make_series
        from invoicing.selectors.entry_documents import documents_of_entries
        from tenants.domain import founding
        from timesheets import documents

        founding.register(make_series)
        documents.register(documents_of_entries)
        carriers.register("document", carriers.Carrier("invoicing.Invoice", ~Q(status="draft")))
