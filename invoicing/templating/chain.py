"""Where a document's template comes from, in words: its project, its customer, the company."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Customer, Project
from invoicing.models import DocumentTemplate, TemplateChoice


@dataclass(frozen=True)
class Link:
    """A choice of the chain document, project, customer, company. Without a template it is the
    built-in standard, where the chain ends."""

    words: str
    template: DocumentTemplate | None = None

    def __str__(self) -> str:
        name = self.template.name if self.template else _("Classic")
        return f"{self.words}: {name}"


def chain_of(*, customer: Customer | None = None, project: Project | None = None) -> list[Link]:
    """From the nearest choice to the built-in standard; in one query. A project brings its customer
    along."""
    customer_id = project.customer_id if project else customer.pk if customer else None
    asked = Q(customer=None, project=None)
    if customer_id:
        asked |= Q(customer=customer_id)
    if project:
        asked |= Q(project=project.pk)
    found = {
        (choice.customer_id, choice.project_id): choice.template
        for choice in TemplateChoice.objects.filter(asked).select_related("template")
    }
    levels = [
        (_("From the project"), (None, project.pk if project else 0)),
        (_("From the customer"), (customer_id or 0, None)),
        (_("From the company"), (None, None)),
    ]
    links = [Link(words, found[key]) for words, key in levels if key in found]
    return [*links, Link(_("Built-in standard"))]
