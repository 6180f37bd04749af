"""The chart of accounts."""

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from customers.models import Project
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique


class Account(TenantModel):
    """An account of the books. Postings name it by its number, so that they read without it."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Assets")
        LIABILITY = "liability", _("Liabilities")
        REVENUE = "revenue", _("Revenue")
        EXPENSE = "expense", _("Expenses")

    number = models.CharField(
        _("number"),
        max_length=10,
        validators=[RegexValidator(r"^[0-9A-Za-z]+$", _("Use digits, without blanks."))],
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    # What DATEV calls an automatic account: it takes gross amounts and finds the tax by itself.
    automatic_percent = models.DecimalField(
        _("computes VAT itself (%)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Of automatic accounts in DATEV. Sales of another rate are refused on it."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["number", "id"]
        constraints = [
            tenant_id_unique("account_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                name="account_number",
                violation_error_message=_("Another account has this number."),
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(name=""), name="account_has_number_and_name"
            ),
            models.CheckConstraint(
                condition=Q(automatic_percent=None) | Q(kind="revenue"),
                name="account_only_revenue_is_automatic",
                violation_error_message=_("Only revenue accounts compute VAT themselves."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keeps_its_number_once_booked_on",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("number", "tenant_id") | pgtrigger.Delete,
                func="""
                    IF (TG_OP = 'DELETE' OR NEW.number <> OLD.number) AND EXISTS (
                        SELECT FROM invoicing_posting
                        WHERE tenant_id = OLD.tenant_id AND account = OLD.number
                    ) THEN
                        RAISE EXCEPTION 'account % is booked on', OLD.number
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_booked_on';
                    END IF;
                    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ProjectAccount(TenantModel):
    """Where revenue of a project is booked, of all its rates or of one in all its versions.

    A line's own account, typed or its product's, comes before it; the rate's account after it.
    """

    project = TenantForeignKey(Project, related_name="+", verbose_name=_("project"))
    tax_rate = TenantForeignKey(
        TaxRate,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("VAT"),
        help_text=_("Empty: sales of any rate."),
    )
    account = models.CharField(_("account"), max_length=10)

    class Meta:
        verbose_name = _("revenue account of a project")
        verbose_name_plural = _("revenue accounts of projects")
        ordering = ["project__name", "id"]
        constraints = [
            tenant_id_unique("projectaccount_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "project", "tax_rate"],
                nulls_distinct=False,
                name="projectaccount_once_a_rate",
                violation_error_message=_("The project has an account for this rate already."),
            ),
            models.CheckConstraint(condition=~Q(account=""), name="projectaccount_names_one"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.account}"
