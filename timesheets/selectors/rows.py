"""A row of a list of hours or charges: what it says of their billing."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from timesheets.documents import WorkDocument
from timesheets.models import Billable, BillingState

_TONES = {
    BillingState.DRAFTED: "info",
    BillingState.BILLED: "positive",
    BillingState.WRITTEN_OFF: "neutral",
}
_ICONS = {
    BillingState.DRAFTED: "pencil",
    BillingState.BILLED: "file-invoice",
    BillingState.WRITTEN_OFF: "ban",
}


@dataclass(frozen=True)
class WorkRow[Work: Billable]:
    work: Work
    may_write: bool
    document: WorkDocument | None

    @property
    def is_locked(self) -> bool:
        return False

    @property
    def may_change(self) -> bool:
        return self.may_write and self.work.is_open and not self.is_locked

    @property
    def note(self) -> str:
        """Why it is settled without an invoice, by whom and when."""
        work = self.work
        if not work.settled_at:
            return work.billing_note
        day = date_format(localtime(work.settled_at), "SHORT_DATETIME_FORMAT")
        return f"{work.billing_note} ({work.settled_by}, {day})"

    @property
    def state(self) -> str | Promise:
        if self.work.is_elsewhere:
            return _("Billed elsewhere")
        if self.work.billing_state == BillingState.BILLED:
            return _("Invoiced")
        if not self.work.is_open:
            return str(self.work.get_billing_state_display())
        return _("Locked") if self.is_locked else _("Open")

    @property
    def tone(self) -> str:
        return _TONES.get(BillingState(self.work.billing_state), "neutral")

    @property
    def icon(self) -> str:
        if self.work.is_elsewhere:
            return "checks"
        if not self.work.is_open:
            return _ICONS[BillingState(self.work.billing_state)]
        return "lock" if self.is_locked else "circle"
