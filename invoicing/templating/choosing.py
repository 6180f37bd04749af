"""Which template a document is made by: its own, else its project's, its customer's, the company's;
else the built-in standard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from invoicing.models import DocumentTemplate, DocumentTemplateVersion, Invoice, TemplateChoice
from tenants.scope import current_tenant_id

Kind = DocumentTemplate.Kind


@dataclass(frozen=True)
class Chosen:
    """Without a template it is the built-in standard, with its usual settings."""

    template: DocumentTemplate | None = None
    version: DocumentTemplateVersion | None = None
    design: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.template.kind if self.template else Kind.DESIGN

    @property
    def is_upload(self) -> bool:
        return self.version is not None


STANDARD = Chosen()


def chosen_of(invoice: Invoice) -> Chosen:
    """Of a posted document what was frozen with it."""
    return frozen_of(invoice) if invoice.is_posted else chosen_for([invoice])[invoice.pk]


def frozen_of(invoice: Invoice) -> Chosen:
    if not invoice.template_id:
        return STANDARD
    paper: dict[str, Any] = invoice.paper
    return Chosen(
        template=invoice.template,
        version=invoice.template_version,
        design=paper.get("design", ""),
        settings=paper.get("settings", {}),
    )


def chosen_for(invoices: Iterable[Invoice]) -> dict[int, Chosen]:
    """Of many drafts at once, in at most three queries."""
    documents = list(invoices)
    nearest = _nearest(documents)
    templates = DocumentTemplate.objects.in_bulk({key for key in nearest.values() if key})
    uploads = [key for key, template in templates.items() if not template.is_design]
    versions = usable_versions(uploads) if uploads else {}
    return {pk: _chosen(templates.get(key or 0), versions) for pk, key in nearest.items()}


def company_choice() -> Chosen:
    """What documents get for which nothing else was chosen."""
    choice = (
        TemplateChoice.objects.filter(customer=None, project=None)
        .select_related("template")
        .first()
    )
    if choice is None:
        return STANDARD
    template = choice.template
    return _chosen(template, {} if template.is_design else usable_versions([template.pk]))


def _chosen(
    template: DocumentTemplate | None, versions: Mapping[int, DocumentTemplateVersion]
) -> Chosen:
    if template is None:
        return STANDARD
    if template.is_design:
        return Chosen(template, None, template.design, template.design_settings)
    version = versions.get(template.pk)
    return Chosen(template, version) if version else STANDARD


def usable_versions(template_ids: Iterable[int]) -> dict[int, DocumentTemplateVersion]:
    """The newest of each without findings; the file itself is read when it is asked for."""
    found = (
        DocumentTemplateVersion.objects.filter(template__in=list(template_ids), findings=[])
        .order_by("template_id", "-number")
        .distinct("template_id")
        .defer("content")
    )
    return {version.template_id: version for version in found}


def _nearest(documents: Sequence[Invoice]) -> dict[int, int | None]:
    # Asked at each posting where a template is chosen; so without the ORM's half millisecond.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, project_id, template_id FROM invoicing_templatechoice"
            " WHERE tenant_id = %s AND (customer_id IS NULL AND project_id IS NULL"
            " OR customer_id = ANY(%s) OR project_id = ANY(%s))",
            [
                current_tenant_id(),
                list({one.customer_id for one in documents}),
                list({one.project_id for one in documents if one.project_id}),
            ],
        )
        by: dict[tuple[int | None, int | None], int] = {
            (customer, project): template for customer, project, template in cursor.fetchall()
        }
    return {
        one.pk: one.template_id
        or (one.project_id and by.get((None, one.project_id)))
        or by.get((one.customer_id, None))
        or by.get((None, None))
        for one in documents
    }


def paper_of(chosen: Chosen, own: Mapping[str, str]) -> dict[str, Any]:
    """What a document keeps of its look when it is posted; nothing where it is the standard.

    `own` are the texts of the company's own fields that an uploaded template can name.
    """
    if chosen.template is None:
        return {}
    if chosen.version is None:
        return {
            "template": chosen.template.name,
            "design": chosen.design,
            "settings": dict(chosen.settings),
        }
    return {
        "template": chosen.template.name,
        "version": chosen.version.number,
        "sha256": chosen.version.sha256,
        "fields": dict(own),
    }
