"""The mail that asks a person to lock their hours, with what they have recorded so far."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Min, Q, Sum

from core.periods import Period
from core.root_urls import tenant_reverse
from tenants.mail import send_mail_from_template
from timesheets.models import HoursReminder, TimeEntry

TEMPLATE = "timesheets/email/reminder"


@dataclass(frozen=True)
class ReminderMail:
    """Everything the mail says, read before it is sent: no transaction waits for a mail server."""

    address: str
    language: str
    context: dict[str, Any]

    def send(self) -> None:
        send_mail_from_template(
            TEMPLATE, to=[self.address], language=self.language, context=self.context
        )


def take(reminder_id: int, *, now: datetime) -> ReminderMail | None:
    """Mark the reminder as sent and return its mail; None if somebody else has taken it."""
    waiting = HoursReminder.objects.filter(pk=reminder_id, sent_at=None)
    if not waiting.update(sent_at=now):
        return None
    reminder = HoursReminder.objects.select_related("member__user", "member__tenant", "asked_by")
    return _mail(reminder.get(pk=reminder_id))


def give_back(reminder_id: int) -> None:
    """It could not be sent: the next attempt may take it."""
    HoursReminder.objects.filter(pk=reminder_id).update(sent_at=None)


def _mail(reminder: HoursReminder) -> ReminderMail | None:
    member = reminder.member
    entries = TimeEntry.objects.order_by().filter(
        member=member, work_date__gte=reminder.start_date, work_date__lte=reminder.end_date
    )
    unlocked = Q(is_locked=False)
    sums = entries.aggregate(
        total=Sum("minutes"),
        still_open=Sum("minutes", filter=unlocked),
        first_open_day=Min("work_date", filter=unlocked),
    )
    if sums["total"] and not sums["still_open"]:
        return None  # they have locked it since
    tenant = member.tenant
    week = tenant_reverse(tenant.slug, "timesheets:week")
    day: date = sums["first_open_day"] or reminder.start_date
    locks = tenant_reverse(tenant.slug, "timesheets:lock_list")
    period = Period(reminder.start_date, reminder.end_date)
    base = settings.BASE_URL.rstrip("/")
    return ReminderMail(
        address=member.email,
        language=member.user.language if member.user else tenant.language,
        context={
            "member": member,
            "tenant": tenant,
            "asked_by": str(reminder.asked_by or tenant.name),
            "period": period,
            "minutes": sums["total"] or 0,
            "open_minutes": sums["still_open"] or 0,
            "week_url": f"{base}{week}?week={day.isoformat()}",
            "locks_url": f"{base}{locks}?{period.query}",
        },
    )
