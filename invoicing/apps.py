from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    name = "invoicing"
    verbose_name = _("Invoicing")

    def ready(self) -> None:
        from invoicing.selectors.entry_documents import documents_of_entries
        from timesheets import documents

        documents.register(documents_of_entries)
