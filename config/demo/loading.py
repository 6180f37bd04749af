"""Turns an example company's plan into rows, through the domain wherever it decides something."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from catalog import models as catalog
from config.demo import bank, fields, plan, sendings
from config.demo.accounting import FROM_THE_BEGINNING, change_since_today, connect
from config.demo.agreements import load_agreements
from config.demo.books import keep_books
from config.demo.calendars import month_end, month_start, working_days
from config.demo.clock import clock_at
from config.demo.hours import hours_of
from config.demo.offers import load_offers
from config.demo.orders import OrderLoader
from config.demo.packages import load_packages, load_usage
from config.demo.schedules import add_schedules
from config.demo.signins import OFFICE_EMAIL, PASSWORD
from config.demo.tags import Tags
from core.money import ZERO, round_money
from customers import models as customers
from invoicing.domain.books.accounts import make_chart
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import cancel_invoice, draft_credit_note
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.lines import TaxRates, price_line, save_totals
from invoicing.domain.numbering import make_series
from invoicing.domain.payments.registering import NewPayment, pay_invoice
from invoicing.domain.posting import post_invoice, post_invoices
from invoicing.domain.reminding.disputes import open_dispute
from invoicing.domain.reminding.proposing import proposals
from invoicing.errors import HoursNotLocked, NothingToInvoice
from invoicing.models import Allocation, DocumentKind, Invoice, InvoiceLine, Sending, Unit
from tenants.audit import log
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import tenant_scope
from timesheets.domain.packages.fees import write_fees
from timesheets.domain.rates import RateBook
from timesheets.models import Charge, HoursLock, Rate, Task, TimeEntry


@transaction.atomic
def load(company: plan.Company) -> Tenant:
    """The whole company or nothing; its documents are rendered and sent by the worker."""
    tenant = Tenant.objects.create(slug=company.slug, **company.details)
    zone = ZoneInfo(tenant.time_zone)
    with timezone.override(zone), tenant_scope(tenant.pk):
        Loader(company, tenant, timezone.localdate(), zone).load()
    return tenant


class Loader:
    def __init__(self, company: plan.Company, tenant: Tenant, today: date, zone: ZoneInfo) -> None:
        self.company, self.tenant, self.today, self.zone = company, tenant, today, zone
        self.start = month_start(today, company.months)
        self.now = timezone.now()
        self.members: dict[str, Membership] = {}
        self.customers: dict[str, customers.Customer] = {}
        self.projects: dict[str, customers.Project] = {}
        self.tasks: dict[tuple[str, str], Task] = {}

    def load(self) -> None:
        with clock_at(self._at(self.start - timedelta(days=3), 9)):
            self._people()
            self._tax_rates()
            fields.add_fields(actor=self.accountant)
            self._customers()
            self._projects()
            self._rates()
            self._connect(FROM_THE_BEGINNING)
        self._hours()
        OrderLoader(
            members=self.members,
            projects=self.projects,
            today=self.today,
            at=self._at,
            zone=self.zone,
        ).load(self.company.orders)
        load_packages(
            self.company.packages,
            self.customers,
            start=self.start,
            at=self._at,
            actor=self.accountant,
        )
        write_fees(actor=self.accountant)
        load_usage(
            self.company.usage,
            self.customers,
            start=self.start,
            today=self.today,
            seed=self.company.seed,
            actor=self.accountant,
        )
        for months_before in range(self.company.months, -1, -1):
            self._charges(month_start(self.today, months_before))
        for months_before in range(self.company.months, 0, -1):
            month = month_start(self.today, months_before)
            self._connect(months_before)
            self._lock_month(month, is_last=months_before == 1)
            self._invoice_month(month, is_last=months_before == 1)
            if months_before == 2:
                self._correct_month(month)
        self._pay()
        self._statement()
        self._remind()
        self._lock_weeks()
        add_schedules(self.tenant, accountant=self._member_of(Role.ACCOUNTANT))
        own = [self.customers[one.key] for one in self.company.customers if not one.is_internal]
        load_offers(
            self.tenant,
            own if self.company.has_quotations else [],
            today=self.today,
            at=self._at,
            actor=self.accountant,
        )
        load_agreements(
            own,
            country=self.tenant.country,
            today=self.today,
            at=self._at,
            actor=self.accountant,
        )
        # Today: entries are written with the clock of the database.
        keep_books(self.tenant, today=self.today, actor=self.accountant)
        change_since_today(self.company.slug, actor=self.accountant)

    def _connect(self, months: int) -> None:
        linked = (self.customers[one.key] for one in self.company.customers if one.is_linked)
        connect(self.company.slug, linked, actor=self.accountant, months=months)

    @property
    def accountant(self) -> User:
        found = self._member_of(Role.ACCOUNTANT)
        assert found.user is not None
        return found.user

    def _member_of(self, role: Role) -> Membership:
        return next(one for one in self.members.values() if one.role == role)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """That moment, though never one that is still to come."""
        return min(datetime.combine(day, time(hour, minute), self.zone), self.now)

    def _people(self) -> None:
        office = plan.Person("Anna Lindqvist", Role.ACCOUNTANT, email=OFFICE_EMAIL)
        password = make_password(PASSWORD)
        for number, person in enumerate([*self.company.people, office], start=1):
            email = (
                person.email
                or f"{_in_ascii(person.name, self.tenant.country)}@{self.company.domain}"
            )
            user, _new = User.objects.get_or_create(
                email=email, defaults={"name": person.name, "password": password}
            )
            self.members[person.name] = Membership.objects.create(
                tenant=self.tenant,
                user=user,
                name=person.name,
                email=email,
                role=person.role,
                staff_number=f"{100 + number}" if person.projects else "",
                joined_at=timezone.now(),
            )

    def _tax_rates(self) -> None:
        catalog.TaxRate.objects.bulk_create(
            catalog.TaxRate(
                name=rate.name,
                code=rate.code,
                category=rate.category,
                percent=Decimal(rate.percent),
                revenue_account=rate.revenue_account,
                tax_account=rate.tax_account,
                exemption_reason=rate.reason,
                valid_from=rate.valid_from,
                valid_to=rate.valid_to,
                is_default=rate.is_default,
            )
            for rate in self.company.tax_rates
        )
        make_series(self.tenant)
        make_chart(self.tenant)

    def _customers(self) -> None:
        rates = {rate.name: rate for rate in catalog.TaxRate.objects.all()}
        for number, planned in enumerate(self.company.customers, start=1):
            country = planned.country or self.tenant.country
            business_id, vat_id = plan.business_ids(
                country, 9_000_000 + self.company.seed * 10_000 + number * 137
            )
            domain = _in_ascii(planned.name.split(" Oy")[0], country).replace(".", "-") + ".example"
            customer = customers.Customer.objects.create(
                number=f"{1000 + number}",
                name=planned.name,
                business_id="" if planned.is_internal else business_id,
                vat_id="" if planned.is_internal else vat_id,
                street=planned.street,
                postal_code=planned.postal_code,
                city=planned.city,
                country=country,
                email=""
                if planned.is_internal
                else f"laskut@{domain}"
                if country == "FI"
                else f"invoices@{domain}",
                language=planned.language or self.tenant.language,
                currency=planned.currency,
                payment_term_days=planned.term,
                tax_rate=rates[planned.tax] if planned.tax else None,
                buyer_reference=planned.buyer_reference,
                custom_values={} if planned.is_internal else fields.of_customer(number),
            )
            self.customers[planned.key] = customer
            if planned.contact:
                customers.Contact.objects.create(
                    customer=customer,
                    name=planned.contact,
                    email=f"{_in_ascii(planned.contact, country)}@{domain}",
                    gets_invoices=True,
                )
            log("customer.created", customer, actor=self.accountant)

    def _projects(self) -> None:
        for task in self.company.tasks:
            self.tasks["", task.name] = Task.objects.create(
                name=task.name, is_billable=task.is_billable
            )
        for number, planned in enumerate(self.company.projects, start=1):
            project = customers.Project.objects.create(
                customer=self.customers[planned.customer],
                number=f"{self.start:%y}-{number:03d}",
                name=planned.name,
                manager=self.members[planned.manager],
                is_billable=planned is not self.company.projects[-1],
                order_reference=planned.order_reference,
                start_date=month_start(self.start, 2),
                custom_values=fields.of_project(number),
            )
            self.projects[planned.key] = project
            if planned.own_task:
                self.tasks[planned.key, planned.own_task[0]] = Task.objects.create(
                    project=project, name=planned.own_task[0]
                )
            log("project.created", project, actor=self.accountant)

    def _rates(self) -> None:
        rates = [self._rate(self.company.rate)]
        rates += [
            self._rate(person.rate, member=self.members[person.name])
            for person in self.company.people
            if person.rate
        ]
        rates += [
            self._rate(
                planned.rate,
                customer=self.customers[planned.key],
                currency=planned.currency,
            )
            for planned in self.company.customers
            if planned.rate
        ]
        for planned in self.company.projects:
            project = self.projects[planned.key]
            if planned.rate:
                rates.append(self._rate(planned.rate, project=project))
            for name, amount in planned.member_rates.items():
                rates.append(self._rate(amount, project=project, member=self.members[name]))
            if planned.own_task:
                task = self.tasks[planned.key, planned.own_task[0]]
                rates.append(self._rate(planned.own_task[1], task=task))
        Rate.objects.bulk_create(rates)

    def _rate(self, amount: str, *, currency: str = "", **level: object) -> Rate:
        return Rate(amount=Decimal(amount), currency=currency or self.tenant.currency, **level)

    def _hours(self) -> None:
        book = RateBook.load()
        by_moment: dict[date, list[TimeEntry]] = defaultdict(list)
        for person in self.company.people:
            if person.role == Role.AUDITOR:
                continue
            member = self.members[person.name]
            for worked in hours_of(
                person, self.company, self.tenant.country, self.start, self.today
            ):
                project = self.projects[worked.project]
                task = self.tasks.get((worked.project, worked.task)) or self.tasks["", worked.task]
                found = book.find(
                    member_id=member.pk,
                    project_id=project.pk,
                    customer_id=project.customer_id,
                    task_id=task.pk,
                    currency=project.customer.currency,
                    day=worked.day,
                )
                by_moment[month_start(worked.day)].append(
                    TimeEntry(
                        member=member,
                        project=project,
                        task=task,
                        work_date=worked.day,
                        minutes=worked.minutes,
                        start_time=worked.start,
                        end_time=worked.end,
                        description=worked.text,
                        is_billable=worked.is_billable,
                        rate=found.amount if worked.is_billable else None,
                        rate_level=found.level if worked.is_billable else "",
                        created_by=member.user,
                        custom_values=fields.of_hours(worked.day.toordinal() + member.pk),
                    )
                )
        tags = Tags(self.company)
        for month, entries in by_moment.items():
            with clock_at(self._at(month_end(month), 16)):
                tags.put_on(TimeEntry.objects.bulk_create(entries, batch_size=1000))

    def _charges(self, month: date) -> None:
        found = []
        for planned in self.company.charges:
            day = month.replace(day=planned.day)
            if day > self.today:
                continue
            member = self.members.get(planned.person)
            found.append(
                Charge(
                    kind=planned.kind,
                    customer=self.customers[planned.customer],
                    project=self.projects.get(planned.project),
                    member=member,
                    charge_date=day,
                    text=planned.text,
                    destination=planned.destination,
                    quantity=Decimal(planned.quantity),
                    unit=planned.unit,
                    unit_price=Decimal(planned.price),
                    is_billable=planned.is_billable,
                    created_by=member.user if member else self.accountant,
                )
            )
        Charge.objects.bulk_create(found)

    def _lock_month(self, month: date, *, is_last: bool) -> None:
        for number, person in enumerate(self.company.people):
            if not person.projects or (is_last and person.locks == 2):
                continue
            with clock_at(self._at(month_end(month) + timedelta(days=1), 8, 3 * number)):
                self._lock(person, month, month_end(month))

    def _lock_weeks(self) -> None:
        """The diligent have locked this month up to last Sunday."""
        month = month_start(self.today)
        sunday = self.today - timedelta(days=self.today.isoweekday())
        if sunday < month:
            return
        for person in self.company.people:
            if person.projects and person.locks == 0:
                with clock_at(self._at(sunday, 18)):
                    self._lock(person, month, sunday)

    def _lock(self, person: plan.Person, start: date, end: date) -> None:
        member = self.members[person.name]
        HoursLock.objects.create(
            member=member, start_date=start, end_date=end, locked_by=member.user
        )
        log("hours.locked", member, actor=member.user, start=str(start), end=str(end))

    def _invoice_month(self, month: date, *, is_last: bool) -> None:
        next_month = month_end(month) + timedelta(days=1)
        days = working_days(self.tenant.country, next_month, month_end(next_month))
        day = min(days[2], self.today)
        with clock_at(self._at(day, 9, 40)):
            drafts = [self._subscription(month, day)]
            for number, planned in enumerate(self.company.customers):
                # Of the last month the accountant has come halfway.
                if planned.is_internal or (is_last and number % 4 in (1, 3)):
                    continue
                drafts += self._drafts(planned, month, day)
        with clock_at(self._at(day, 11, 15)):
            waiting = drafts[1::3] if is_last else []
            to_post = [draft.pk for draft in drafts if draft not in waiting]
            posted = post_invoices(to_post, actor=self.accountant, now=timezone.now())
        with clock_at(self._at(day, 13, 5)):
            # Of the last month some are still to be sent.
            gone = sendings.send(posted[::2] if is_last else posted, actor=self.accountant)
        if is_last:
            self._hear_of(gone)

    def _hear_of(self, gone: list[Sending]) -> None:
        """One e-mail has come back, and one customer wants to know something."""
        returned, asks = gone[-1], gone[0]
        with clock_at(self._at(returned.requested_at.date(), 15, 30)):
            sendings.bounce(returned, self.company.bounce, actor=self.accountant)
        with clock_at(self._at(asks.requested_at.date() + timedelta(days=1), 8, 50)):
            sendings.question(asks.invoice, self.company.question, actor=self.accountant)

    def _correct_month(self, month: date) -> None:
        """An hour too many was charged on one invoice; another should not have been."""
        too_much, mistaken = self.company.corrections
        posted = Invoice.objects.filter(
            status=Invoice.Status.POSTED, issue_date__gt=month_end(month)
        ).order_by("chain_position")
        without_hours = posted.filter(lines__sources=None).earliest("chain_position")
        line = (
            InvoiceLine.objects.filter(invoice__in=posted, unit=Unit.HOUR, quantity__gt=1)
            .select_related("invoice")
            .earliest("invoice__chain_position", "position")
        )
        with clock_at(self._at(line.invoice.issue_date + timedelta(days=6), 10, 20)):
            note = draft_credit_note(
                line.invoice,
                [LineCredit(line_id=line.pk, quantity=Decimal(1))],
                reason=too_much,
                actor=self.accountant,
            )
            post_invoice(note, actor=self.accountant, now=timezone.now())
            cancel_invoice(
                without_hours, reason=mistaken, actor=self.accountant, now=timezone.now()
            )

    def _pay(self) -> None:
        """What is due is paid but for a few: one in part, one too much, one less a bank's cost."""
        posted: Any = Invoice.objects.filter(
            kind=DocumentKind.INVOICE, status=Invoice.Status.POSTED
        )
        owed = posted.with_open_amount().filter(open_amount__gt=0)
        due = list(owed.filter(due_date__lt=self.today).order_by("issue_date", "chain_position"))
        early = owed.filter(due_date__gte=self.today).order_by("-issue_date", "chain_position")
        # The second of those that are due, and one that is not, in part.
        for place, invoice in [*enumerate(due), *((1, one) for one in early[:1])]:
            late = (invoice.pk * 7) % 12
            day = min(invoice.due_date + timedelta(days=late - 4), self.today)
            amount, closes = _paid(place, invoice)
            if amount:
                with clock_at(self._at(day + timedelta(days=1), 9, 40)):
                    pay_invoice(
                        invoice,
                        NewPayment(
                            customer=invoice.customer,
                            currency=invoice.currency,
                            amount=amount,
                            payment_date=max(day, invoice.issue_date),
                            token=uuid4(),
                            reference=invoice.payment_reference,
                        ),
                        seen_open=invoice.open_amount,
                        closes=closes,
                        actor=self.accountant,
                        today=self.today,
                    )

    def _statement(self) -> None:
        with clock_at(self._at(self.today, 8, 5)):
            bank.load_statement(
                self.tenant,
                self.company.bank,
                self.company.movements,
                today=self.today,
                actor=self.accountant,
            )

    def _remind(self) -> None:
        """Every other one that was overdue three weeks ago; the customer of another one objects."""
        day = self.today - timedelta(days=21)
        with clock_at(self._at(day, 10, 5)):
            for proposal in [one for one in proposals(day) if one.is_due and one.email][::2]:
                sendings.remind(proposal, actor=self.accountant)
        owed: Any = Invoice.objects.filter(kind=DocumentKind.INVOICE, status=Invoice.Status.POSTED)
        newest = owed.with_open_amount().filter(open_amount__gt=0).order_by("-pk").first()
        if newest is not None:
            with clock_at(self._at(self.today, 8, 15)):
                open_dispute(newest, reason=self.company.dispute, actor=self.accountant)

    def _drafts(self, planned: plan.Customer, month: date, day: date) -> list[Invoice]:
        customer = self.customers[planned.key]
        mine = [p.pk for p in self.projects.values() if p.customer_id == customer.pk]
        drafts = []
        for project_ids in [[pk] for pk in mine] if planned.by_project else [mine]:
            try:
                with transaction.atomic():
                    drafts.append(
                        draft_work(
                            start=month,
                            end=month_end(month),
                            actor=self.accountant,
                            project_ids=project_ids,
                            issue_date=day,
                        )
                    )
            except (NothingToInvoice, HoursNotLocked):
                continue
        return drafts

    def _subscription(self, month: date, day: date) -> Invoice:
        key, text, price = self.company.subscription
        customer = self.customers[key]
        draft = new_draft(customer=customer, actor=self.accountant, issue_date=day)
        line = InvoiceLine(
            invoice=draft,
            position=1,
            text=f"{text} {month:%m/%Y}",
            quantity=Decimal(1),
            unit=Unit.MONTH,
            unit_price=price,
            tax_rate=TaxRates().default(draft.tax_point, customer=customer),
        )
        price_line(line, currency=draft.currency)
        line.save()
        save_totals(draft)
        return draft


def _paid(place: int, invoice: Any) -> tuple[Decimal, str]:
    """How much of the so many-th due invoice came in, and what was given up of it."""
    owed: Decimal = invoice.open_amount
    by_place = {
        1: (round_money(owed / 2, invoice.currency), ""),
        2: (owed + 50, ""),
        3: (owed - 12, Allocation.Kind.BANK_COST) if owed > 100 else (owed, ""),
        5: (ZERO, ""),
    }
    return by_place.get(place, (owed, ""))


NORDIC = str.maketrans({"ä": "a", "ö": "o", "å": "a", "ø": "o"})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i"})


def _in_ascii(name: str, country: str) -> str:
    """`Sanna Heikkilä` writes as sanna.heikkila, `Jürgen Groß` as juergen.gross."""
    letters = GERMAN if country == "DE" else NORDIC
    words = name.lower().translate(letters).replace("&", " ").replace("/", "").split()
    return ".".join(word.strip(".") for word in words if word.strip(".") != "dr")
