"""Templates of documents, their versions, and who gets which."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Project
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class DocumentTemplate(TenantModel):
    """A look that documents can have: a built-in design with settings, or an uploaded file."""

    class Kind(models.TextChoices):
        DESIGN = "design", _("Built-in design")
        HTML = "html", "HTML"
        DOCX = "docx", "DOCX"
        ODS = "ods", "ODS"
        XLSX = "xlsx", "XLSX"

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, editable=False)
    # Of built-in designs: which one, and what was set of it.
    design = models.CharField(_("design"), max_length=30, blank=True)
    design_settings = models.JSONField(_("settings"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("template of documents")
        verbose_name_plural = _("templates of documents")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("documenttemplate_tenant_id"),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                name="documenttemplate_name",
                violation_error_message=_("Another template has this name."),
            ),
            models.CheckConstraint(
                condition=Q(kind="design") & ~Q(design="")
                | ~Q(kind="design") & Q(design="", design_settings={}),
                name="documenttemplate_design_or_file",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_design(self) -> bool:
        return self.kind == self.Kind.DESIGN


class DocumentTemplateVersion(TenantModel):
    """A file as it was uploaded; never changed. Posted documents name the one they were made by."""

    template = TenantForeignKey(DocumentTemplate, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    file_name = models.CharField(_("file"), max_length=120)
    content = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    # What the trial found: [[name, place], ...] of placeholders that there are not.
    findings = models.JSONField(_("findings"), default=list, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    uploaded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("version of a template")
        verbose_name_plural = _("versions of templates")
        ordering = ["template", "-number"]
        constraints = [
            tenant_id_unique("documenttemplateversion_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "template", "number"], name="documenttemplateversion_number"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="documenttemplateversion_counts_from_one"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class TemplateChoice(TenantModel):
    """Which template documents get: those of a project, of a customer, or all others."""

    template = TenantForeignKey(
        DocumentTemplate, related_name="choices", verbose_name=_("template")
    )
    customer = TenantForeignKey(
        Customer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="template_choices",
        verbose_name=_("customer"),
    )
    project = TenantForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="template_choices",
        verbose_name=_("project"),
    )

    class Meta:
        verbose_name = _("choice of a template")
        verbose_name_plural = _("choices of templates")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("templatechoice_tenant_id"),
            models.CheckConstraint(
                condition=Q(customer=None) | Q(project=None), name="templatechoice_for_one_thing"
            ),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(customer=None, project=None),
                name="templatechoice_one_default",
            ),
            models.UniqueConstraint(
                fields=["tenant", "customer"],
                condition=Q(customer__isnull=False),
                name="templatechoice_one_a_customer",
            ),
            models.UniqueConstraint(
                fields=["tenant", "project"],
                condition=Q(project__isnull=False),
                name="templatechoice_one_a_project",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "template"], name="templatechoice_of_template"),
        ]

    def __str__(self) -> str:
        return str(self.template)
