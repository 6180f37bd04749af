"""Words that people put on hours, across customers, projects and tasks."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.base import (
    TenantForeignKey,
    TenantModel,
    tenant_id_unique,
    tenant_of_its_references,
)
from timesheets.models.entries import TimeEntry


class TagColour(models.TextChoices):
    """A few that can be told apart on light and on dark; the page's style sheet has their tones."""

    BLUE = "blue", _("Blue")
    TEAL = "teal", _("Teal")
    GREEN = "green", _("Green")
    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PINK = "pink", _("Pink")
    PURPLE = "purple", _("Purple")


class Tag(TenantModel):
    """One that was merged stays as a name that leads to the other, so that a file which still uses
    it brings no second one."""

    name = models.CharField(_("name"), max_length=80)
    colour = models.CharField(_("colour"), max_length=8, choices=TagColour, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    merged_into = TenantForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = [Lower("name"), "id"]
        constraints = [
            tenant_id_unique("tag_tenant_id"),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                name="tag_name",
                violation_error_message=_("There is a tag of that name."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="tag_has_a_name"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(is_active=False), name="tag_merged_is_archived"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "merged_into"],
                condition=Q(merged_into__isnull=False),
                name="tag_merged",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _of_held_hours(operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """Hours that are locked or on a document keep their tags. Hours that are deleted take theirs
    along, and a tag that is merged goes from those that carry the other one as well.

    One question for all rows, which locks the hours, so that a lock or a draft of them waits.
    """
    name = str(operation).lower()
    rows = {"insert": {"new": "changed"}, "delete": {"old": "changed"}}[name]
    merged = """
        AND NOT EXISTS (
            SELECT FROM timesheets_tag tag WHERE tag.tenant_id = changed.tenant_id
                AND tag.id = changed.tag_id AND tag.merged_into_id IS NOT NULL
        )
    """
    return pgtrigger.Trigger(
        name=f"of_held_hours_on_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),
        declare=[("is_held", "boolean")],
        func=f"""
            WITH hours AS (
                SELECT work.is_locked, work.billing_state, work.billing_note
                FROM changed
                JOIN timesheets_timeentry work
                    ON work.tenant_id = changed.tenant_id AND work.id = changed.time_entry_id
                WHERE true {merged if name == "delete" else ""}
                ORDER BY work.id FOR NO KEY UPDATE OF work
            )
            SELECT count(*) FILTER (
                WHERE is_locked OR billing_state = 'drafted'
                    OR (billing_state = 'billed' AND billing_note = '')
            ) > 0 INTO is_held FROM hours;
            IF is_held THEN
                RAISE EXCEPTION 'these hours are locked or on a document'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'entrytag_read_only';
            END IF;
            RETURN NULL;
        """,  # noqa: S608 - a text from above
    )


class EntryTag(TenantModel):
    """A tag on a time entry."""

    tenant = tenant_of_its_references()
    time_entry = TenantForeignKey(
        TimeEntry, on_delete=models.CASCADE, related_name="tag_links", verbose_name=_("time entry")
    )
    tag = TenantForeignKey(Tag, related_name="entry_links", verbose_name=_("tag"))

    class Meta:
        verbose_name = _("tag of a time entry")
        verbose_name_plural = _("tags of time entries")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "time_entry", "tag"], name="entrytag_once"),
        ]
        indexes = [models.Index(fields=["tenant", "tag", "time_entry"], name="entrytag_of_tag")]
        triggers: list[Any] = [
            _of_held_hours(pgtrigger.Insert),
            _of_held_hours(pgtrigger.Delete),
            pgtrigger.Trigger(
                name="moves_only_when_merged",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.time_entry_id <> OLD.time_entry_id OR NOT EXISTS (
                        SELECT FROM timesheets_tag tag
                        WHERE tag.tenant_id = OLD.tenant_id AND tag.id = OLD.tag_id
                            AND tag.merged_into_id = NEW.tag_id
                    ) THEN
                        RAISE EXCEPTION 'a tag is put on hours or taken off, not exchanged'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'entrytag_read_only';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tag}"
