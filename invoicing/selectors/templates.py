"""What the pages of templates show."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from invoicing.models import DocumentTemplate, DocumentTemplateVersion, Invoice, TemplateChoice

DRAFTS_TO_TRY, POSTED_TO_TRY = 10, 20


@dataclass(frozen=True)
class TemplateRow:
    template: Any
    choices: list[TemplateChoice]

    @property
    def is_default(self) -> bool:
        return any(not one.customer_id and not one.project_id for one in self.choices)

    @property
    def is_faulty(self) -> bool:
        """Its newest file names what there is not."""
        return bool(self.template.newest_findings)


def with_use(templates: QuerySet[DocumentTemplate]) -> QuerySet[Any]:
    """With how many documents it made, when last, its versions and the newest one's findings."""
    posted = (
        Invoice.objects.filter(status=Invoice.Status.POSTED, template=OuterRef("pk"))
        .order_by()
        .values("template")
        .annotate(count=Count("*"), last=Max("issue_date"))
    )
    versions = DocumentTemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    return templates.annotate(
        made=Coalesce(Subquery(posted.values("count")), 0),
        last_used=Subquery(posted.values("last")),
        version_count=Coalesce(Subquery(versions.values("number")[:1]), 0),
        newest_findings=Subquery(versions.values("findings")[:1]),
    )


def template_rows() -> list[TemplateRow]:
    """In three queries."""
    templates = list(with_use(DocumentTemplate.objects.all()).order_by("name", "pk"))
    choices: dict[int, list[TemplateChoice]] = {template.pk: [] for template in templates}
    found = TemplateChoice.objects.select_related("customer", "project__customer")
    for choice in found.order_by("project__name", "customer__name", "pk"):
        choices[choice.template_id].append(choice)
    return [TemplateRow(template, choices[template.pk]) for template in templates]


def versions_of(template: DocumentTemplate) -> list[Any]:
    """The newest first, without their bytes, with how many documents each made."""
    found = (
        template.versions.defer("content")
        .select_related("uploaded_by")
        .annotate(made=Count("documents", filter=Q(documents__status="posted")))
    )
    return list(found.order_by("-number"))


def last_day(row: TemplateRow) -> date:
    """For sorting: what was never used stands at the end."""
    return row.template.last_used or date.min


def documents_to_try(visible: QuerySet[Invoice]) -> tuple[list[Invoice], list[Invoice]]:
    """The latest drafts and the latest posted documents, to look at a template with."""
    drafts = visible.filter(status=Invoice.Status.DRAFT).select_related("customer", "corrects")
    posted = visible.filter(status=Invoice.Status.POSTED).select_related("customer")
    return (
        list(drafts.order_by("-changed_at", "-pk")[:DRAFTS_TO_TRY]),
        list(posted.order_by("-chain_position")[:POSTED_TO_TRY]),
    )
