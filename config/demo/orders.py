"""Service orders of the example companies, one in each state and some that are invoiced."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.models import Unit
from config.demo import plan
from config.demo.clock import clock_at
from customers.models import Project
from tenants.models import Membership
from tenants.roles import Role
from timesheets.domain.orders import checking, evidence, planning, working
from timesheets.domain.orders.checking import Part
from timesheets.models import ServiceOrder


@dataclass(frozen=True, kw_only=True)
class OrderLoader:
    """Brings each order as far as its plan says, at the hours at which that would have happened.

    Before hours are locked and months invoiced, so that the work of past months is on the
    invoices of its project.
    """

    members: Mapping[str, Membership]
    projects: Mapping[str, Project]
    today: date
    at: Callable[[date, int], datetime]
    zone: ZoneInfo

    def load(self, orders: Iterable[plan.ServiceOrder]) -> None:
        for planned in orders:
            day = self._day(planned)
            with clock_at(self.at(min(day, self.today) - timedelta(days=4), 9)):
                order = self._create(planned, day)
            if planned.until == "cancelled":
                with clock_at(self.at(day, 8)):
                    planning.cancel_order(order.pk, reason=planned.report, actor=self._office)
            elif planned.until not in ("new", "scheduled"):
                self._work(planned, order, day)
            if planned.until == "checked":
                self._check(order, self.at(day + timedelta(days=1), 9))

    @property
    def _office(self) -> Membership:
        return next(one for one in self.members.values() if one.role == Role.ACCOUNTANT)

    def _day(self, planned: plan.ServiceOrder) -> date:
        """On a weekend nobody is sent anywhere, except today."""
        day = self.today - timedelta(days=planned.days_ago)
        return day - timedelta(days=max(day.isoweekday() - 5, 0)) if planned.days_ago else day

    def _create(self, planned: plan.ServiceOrder, day: date) -> ServiceOrder:
        project = self.projects[planned.project]
        is_planned = planned.until != "new"
        start = datetime.combine(day, time(planned.hour), self.zone)
        return planning.create_order(
            actor=self._office,
            customer=project.customer,
            project=project,
            title=planned.title,
            description=planned.description,
            contact_name=planned.contact,
            contact_phone=planned.phone,
            technician=self.members[planned.person] if is_planned else None,
            planned_start_at=start if is_planned else None,
            planned_end_at=start + timedelta(hours=2) if is_planned else None,
        )

    def _work(self, planned: plan.ServiceOrder, order: ServiceOrder, day: date) -> None:
        person = self.members[planned.person]
        began, ended = self.at(day, planned.hour), self.at(day, planned.hour + 3)
        with clock_at(began):
            working.start_order(order.pk, actor=person, now=began)
        with clock_at(ended):
            self._record(planned, order, person, day)
            if planned.until == "in_progress":
                return
            working.write_report(order.pk, text=planned.report, actor=person)
            if planned.contact:
                evidence.sign(order.pk, name=planned.contact, actor=person, now=ended)
            working.finish_order(order.pk, actor=person, now=ended)

    def _record(
        self, planned: plan.ServiceOrder, order: ServiceOrder, person: Membership, day: date
    ) -> None:
        for minutes in planned.minutes:
            working.record_hours(
                order.pk, actor=person, member=person, work_date=day, minutes=minutes
            )
        for text, quantity, unit, price in planned.parts:
            working.record_part(
                order.pk,
                actor=person,
                text=text,
                quantity=Decimal(quantity),
                unit=Unit(unit),
                unit_price=Decimal(price) if price else None,
                charge_date=day,
            )

    def _check(self, order: ServiceOrder, moment: datetime) -> None:
        with clock_at(moment):
            for part in Part:
                checking.check(order.pk, part, actor=self._office, now=moment)
