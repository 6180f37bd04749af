from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    name = "invoicing"
    verbose_name = _("Invoicing")

    def ready(self) -> None:
        from django.db.models import Q

        from customers.domain import carriers
        from invoicing.domain.books.accounts import make_chart, offered_accounts, refusal_of
        from invoicing.domain.ledger import was_for_receivables
        from invoicing.domain.numbering import make_series
        from invoicing.selectors.service_orders import offered_for
        from invoicing.selectors.work_documents import documents_of_work
        from tenants import books
        from tenants.domain import founding
        from tenants.roles import Permission
        from timesheets import actions, documents

        founding.register(make_series)
        founding.register(make_chart)
        books.register(books.Books(offered_accounts, refusal_of, was_for_receivables))
        documents.register(documents_of_work)
        carriers.register("document", carriers.Carrier("invoicing.Invoice", ~Q(status="draft")))
        actions.register_for_orders(offered_for)
        actions.register(
            actions.SelectionAction(
                label=_("Invoice these…"),
                icon="file-plus",
                url_name="invoicing:compose_start",
                permissions=(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE),
            )
        )
