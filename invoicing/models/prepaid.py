"""Prepaid hours: time that was bought in advance on an invoice, and the hours drawn from it.

They live and die with the line they are sold on: off a draft they are gone, on a draft or a
discarded one they do not count, posted they do, and what a credit note takes back of the line is
taken back of them.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf, Round
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from customers.models import Customer, Project
from invoicing.models.documents import Invoice, InvoiceLine
from invoicing.models.kinds import Unit
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from timesheets.models import TimeEntry

_EXACT = DecimalField(max_digits=30, decimal_places=12)
# In the database the same as in `with_balance`: whoever draws past it is refused there, too.
BOUGHT_SQL = """
    coalesce(round(
        CASE line.unit WHEN 'HUR' THEN line.quantity * 60 ELSE prepaid.minutes END
        * (line.quantity - coalesce((
            SELECT sum(credit.quantity) FROM invoicing_invoiceline credit
            JOIN invoicing_invoice note
                ON note.tenant_id = credit.tenant_id AND note.id = credit.invoice_id
            WHERE credit.tenant_id = line.tenant_id AND credit.corrects_line_id = line.id
                AND note.status = 'posted'
        ), 0)) / nullif(line.quantity, 0)
    ), 0)
"""


class PrepaidState(models.TextChoices):
    """How they stand on a day; follows from their invoice, the draws and the day."""

    DRAFT = "draft", _("On a draft")
    DISCARDED = "discarded", _("Draft discarded")
    CREDITED = "credited", _("Credited")
    USED_UP = "used_up", _("Used up")
    EXPIRED = "expired", _("Expired")
    LATER = "later", _("Not valid yet")
    VALID = "valid", _("Valid")


class PrepaidHoursQuerySet(models.QuerySet["PrepaidHours"]):
    def sold(self) -> Self:
        return self.filter(line__invoice__status=Invoice.Status.POSTED)

    def in_turn(self) -> Self:
        """The order in which they are used up."""
        return self.order_by("valid_from", "pk")

    def with_balance(self, *, credited_by: Collection[int] = ()) -> Self:
        """With `bought_minutes`, `drawn_minutes` and `left_minutes`.

        A line in hours says itself how many; what posted credit notes took back of it, and the
        drafts `credited_by` would, is bought no more.
        """
        notes = Q(invoice__status=Invoice.Status.POSTED) | Q(invoice__in=list(credited_by))
        credited = (
            InvoiceLine.objects.filter(notes, corrects_line=OuterRef("line"))
            .order_by()
            .values("corrects_line")
            .annotate(quantity_sum=Sum("quantity"))
        )
        drawn = (
            PrepaidDraw.objects.filter(prepaid=OuterRef("pk"))
            .order_by()
            .values("prepaid")
            .annotate(drawn=Sum("minutes"))
        )
        whole = Case(
            When(line__unit=Unit.HOUR, then=F("line__quantity") * 60),
            default=Cast("minutes", _EXACT),
            output_field=_EXACT,
        )
        kept = F("line__quantity") - Coalesce(
            Subquery(credited.values("quantity_sum")), ZERO, output_field=_EXACT
        )
        share = Round(whole * kept / NullIf(F("line__quantity"), Value(ZERO)))
        return self.annotate(
            bought_minutes=Coalesce(Cast(share, IntegerField()), 0),
            drawn_minutes=Coalesce(Subquery(drawn.values("drawn")), 0),
        ).annotate(left_minutes=F("bought_minutes") - F("drawn_minutes"))

    def with_state(self, on: date) -> Self:
        """With `state` and what else a list tells of the day."""
        is_over = Q(valid_until__isnull=False, valid_until__lt=on)
        return (
            self.with_balance()
            .annotate(
                state=Case(
                    When(line__invoice__status="draft", then=Value("draft")),
                    When(line__invoice__status="discarded", then=Value("discarded")),
                    When(bought_minutes__lte=0, then=Value("credited")),
                    When(left_minutes__lte=0, then=Value("used_up")),
                    When(is_over, then=Value("expired")),
                    When(valid_from__gt=on, then=Value("later")),
                    default=Value("valid"),
                    output_field=models.CharField(),
                ),
                # A fifth, from which on the customer is asked whether to buy more.
                is_low=Case(
                    When(
                        state__in=["valid", "later"],
                        left_minutes__lt=F("bought_minutes") / 5.0,
                        then=Value(True),
                    ),
                    default=Value(False),
                    output_field=BooleanField(),
                ),
            )
            .select_related("customer", "project", "line__invoice")
        )


class PrepaidHours(TenantModel):
    """Hours of a customer, or of one of their projects. `minutes` is what a lump sum buys; a line
    in hours says by its quantity how many they are."""

    customer = TenantForeignKey(Customer, related_name="prepaid_hours", verbose_name=_("customer"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="prepaid_hours", verbose_name=_("project")
    )
    line = TenantForeignKey(
        InvoiceLine, on_delete=models.DO_NOTHING, editable=False, related_name="prepaid_hours"
    )
    minutes = models.PositiveIntegerField(_("minutes bought"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects: ClassVar[Any] = TenantManager.from_queryset(PrepaidHoursQuerySet)()

    class Meta:
        verbose_name = _("prepaid hours")
        verbose_name_plural = _("prepaid hours")
        ordering = ["valid_from", "id"]
        constraints = [
            tenant_id_unique("prepaidhours_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "line"], name="prepaidhours_of_one_line"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="prepaidhours_are_some"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="prepaidhours_days_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "valid_from"], name="prepaidhours_in_turn"),
        ]

    def __str__(self) -> str:
        return str(self.line.text)

    @property
    def invoice(self) -> Invoice:
        found: Invoice = self.line.invoice
        return found

    def covers(self, *, project_id: int, day: date) -> bool:
        if self.project_id is not None and self.project_id != project_id:
            return False
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class PrepaidDraw(TenantModel):
    """An hour that was paid in advance; `minutes` are what it counts, as rounded."""

    prepaid = TenantForeignKey(PrepaidHours, related_name="draws")
    # Billed, so never deleted; to ask would cost every deleting of hours a query more.
    time_entry = TenantForeignKey(
        TimeEntry, on_delete=models.DO_NOTHING, related_name="prepaid_draws"
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "time_entry"], name="prepaiddraw_hour_drawn_once"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "prepaid"], name="prepaiddraw_of_prepaid")]
        triggers = [
            pgtrigger.Trigger(
                name="within_what_was_bought",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="after_it"),
                # Locked first, so that of two who draw at once the second sees the first.
                func=f"""
                    PERFORM FROM invoicing_prepaidhours prepaid
                        WHERE (prepaid.tenant_id, prepaid.id) IN (
                            SELECT tenant_id, prepaid_id FROM after_it
                        ) ORDER BY prepaid.id FOR UPDATE;
                    IF EXISTS (
                        SELECT FROM invoicing_prepaidhours prepaid
                        JOIN invoicing_invoiceline line
                            ON line.tenant_id = prepaid.tenant_id AND line.id = prepaid.line_id
                        JOIN invoicing_invoice sold
                            ON sold.tenant_id = line.tenant_id AND sold.id = line.invoice_id
                        WHERE (prepaid.tenant_id, prepaid.id) IN (
                                SELECT tenant_id, prepaid_id FROM after_it
                            )
                            AND (sold.status <> 'posted' OR (
                                SELECT sum(draw.minutes) FROM invoicing_prepaiddraw draw
                                WHERE draw.tenant_id = prepaid.tenant_id
                                    AND draw.prepaid_id = prepaid.id
                            ) > {BOUGHT_SQL})
                    ) THEN
                        RAISE EXCEPTION 'more is drawn than was bought'
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'prepaiddraw_within_what_was_bought';
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608 - what is put in is a constant from above
            ),
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return str(self.pk)
