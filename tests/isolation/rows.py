"""Rows of the kinds that the example companies have none of."""

from datetime import date, time
from hashlib import sha256
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from catalog.models import Product, ProductName, ProductPrice
from customers.models import Customer, CustomerGroup, CustomField
from integrations.models import (
    Connection,
    CustomerLink,
    DocumentAnswers,
    Export,
    ExportAttempt,
    ExportStep,
    HeardEvent,
    PaymentThere,
    ProductMapping,
    SignIn,
    TroubleMail,
)
from invoicing.models import (
    BankAccount,
    BankLine,
    BankLinePayment,
    BankStatement,
    Composition,
    CsvLayout,
    CustomerAccess,
    CustomerQuestion,
    DatevExport,
    DatevExportRow,
    DatevSettings,
    DebtorAccount,
    Deduction,
    Dispute,
    DocumentBundle,
    DocumentTemplate,
    DocumentTemplateVersion,
    Invoice,
    InvoiceFile,
    InvoicingRun,
    InvoicingRunItem,
    Logo,
    MailSettings,
    MailText,
    NumberSeries,
    Payment,
    PeriodClosing,
    PostingRun,
    PostingRunItem,
    Quotation,
    QuotationCounter,
    QuotationLine,
    QuotationSending,
    ReferenceRate,
    Reminder,
    ReminderLevel,
    ReminderTerms,
    ReminderText,
    SavedFilter,
    Schedule,
    ScheduleTag,
    ScheduleTarget,
    Sending,
    SendingAttempt,
    SendingRun,
    SendingRunItem,
    SkippedNumbers,
    StatementImport,
    StatementSending,
    TemplateChoice,
)
from tenants.models import Membership, SentForm, Tenant, TenantRole, User
from timesheets.models import (
    Charge,
    EntryTag,
    HoursReminder,
    Receipt,
    ServiceOrder,
    ServiceOrderPhoto,
    Tag,
    TermsToFollow,
    TimeEntry,
    TimeImport,
    UsageCharge,
    UsageImport,
    UsageMapping,
    UsageProblem,
    UsageRecord,
)

LAYOUT = {"encoding": "utf-8", "delimiter": ";", "header": ["a"], "header_line": 1}


def add_what_the_examples_lack(tenant: Tenant) -> None:
    posted = Invoice.objects.filter(status="posted").earliest("pk")
    draft = Invoice.objects.filter(status="draft").earliest("pk")
    product = Product.objects.create(
        number=f"{tenant.slug}-1", name="Filter", currency="EUR", unit_price=12
    )
    ProductName.objects.create(product=product, language="fi", name="Suodatin")
    ProductPrice.objects.create(product=product, currency="SEK", unit_price=130)
    CustomField.objects.get_or_create(target="customer", name="sector", label="Sector")
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    CustomerGroup.objects.create(name="Abroad")
    PeriodClosing.objects.create(month=date(2020, 1, 1))
    DatevSettings.objects.get_or_create(defaults={"advisor_number": 1001, "client_number": 1})
    DebtorAccount.objects.create(customer=posted.customer, number=10000)
    stack = DatevExport.objects.create(
        first=date(2020, 1, 1), last=date(2020, 1, 31), documents=1, bookings=1, content=b"EXTF",
        sha256=sha256(b"EXTF").hexdigest(),
    )  # fmt: skip
    DatevExportRow.objects.create(export=stack, invoice=posted)
    SkippedNumbers.objects.create(
        series=NumberSeries.objects.earliest("pk"), window="c:", first=1, last=2, reason="set"
    )
    SentForm.objects.create(token=uuid4())
    TenantRole.objects.create(key=f"clerk-{tenant.slug}", name="Clerk", granted=["view_invoice"])
    TimeImport.objects.create(
        file_name=f"{tenant.slug}.csv", content=b"x", state=TimeImport.State.CHECKING
    )
    a_line = posted.lines.earliest("pk")
    Deduction.objects.create(line=a_line, advance=a_line)
    usage = UsageImport.objects.create(
        file_name=f"{tenant.slug}.csv",
        state=UsageImport.State.DONE,
        layout=LAYOUT,
    )
    TermsToFollow.objects.create(customer=posted.customer)
    open_entry = TimeEntry.objects.filter(billing_state="open", is_locked=False).earliest("pk")
    EntryTag.objects.create(time_entry=open_entry, tag=Tag.objects.create(name="On call"))
    UsageMapping.objects.create(header="0" * 64)
    UsageProblem.objects.create(usage_import=usage, line=2, reason="No number")
    UsageRecord.objects.create(
        usage_import=usage,
        customer=posted.customer,
        usage_date=date(2026, 10, 1),
        destination="Sweden",
        quantity=1,
        unit="MIN",
        fingerprint=uuid4(),
    )
    UsageCharge.objects.create(
        customer=posted.customer,
        usage_date=date(2026, 10, 1),
        destination="Sweden",
        unit="MIN",
        charge=Charge.objects.create(
            kind="usage",
            customer=posted.customer,
            charge_date=date(2026, 10, 1),
            destination="Sweden",
            unit_price=1,
        ),
    )
    HoursReminder.objects.create(
        member=Membership.objects.filter(tenant=tenant).earliest("pk"),
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )
    Logo.objects.create(sha256=sha256(b"logo").hexdigest(), kind="png", content=b"logo")
    template = DocumentTemplate.objects.create(name="Own", kind=DocumentTemplate.Kind.HTML)
    DocumentTemplateVersion.objects.create(
        template=template,
        number=1,
        file_name="own.html",
        content=b"<p>{{ invoice.number }}</p>",
        sha256=sha256(b"own").hexdigest(),
        size=27,
    )
    TemplateChoice.objects.create(template=template, customer=posted.customer)
    DocumentTemplate.objects.create(
        name="Quiet", kind=DocumentTemplate.Kind.DESIGN, design="nordic"
    )
    InvoiceFile.objects.create(
        invoice=posted,
        kind=InvoiceFile.Kind.PDF,
        file=ContentFile(b"%PDF-", name=f"{tenant.slug}.pdf"),
        sha256=sha256(b"%PDF-").hexdigest(),
        size=5,
    )
    Composition.objects.create(customer=draft.customer, draft=draft)
    owner = Membership.objects.filter(tenant=tenant, role="owner").earliest("pk").user
    SavedFilter.objects.create(name="Overdue", query="status=overdue", owner=owner)
    DocumentBundle.objects.create(
        token=uuid4(),
        documents=[posted.pk],
        started_by=owner,
        file=ContentFile(b"PK", name=f"{tenant.slug}.zip"),
        finished_at=timezone.now(),
    )
    access = CustomerAccess.objects.create(
        customer=posted.customer,
        invoice=posted,
        key="k" * 43,
        created_at=timezone.now(),
        expires_at=timezone.now(),
    )
    CustomerQuestion.objects.create(
        access=access, invoice=posted, text="Why?", asked_at=timezone.now()
    )
    MailText.objects.create(kind="invoice", language="en", subject="Yours", text="Words")
    MailSettings.objects.create(own_copy="a@b.example")
    sending = Sending.objects.create(
        token=uuid4(),
        invoice=posted,
        channel="email",
        recipients=["a@b.example"],
        requested_at=timezone.now(),
        due_at=timezone.now(),
    )
    terms = ReminderTerms.objects.create(
        country="SE", area="FI", consumer_points=7, business_points=8, lump_sum=0, gap_days=14,
        pay_within_days=14, least_amount=5,
    )  # fmt: skip
    ReminderLevel.objects.create(terms=terms, number=1, days=14, consumer_fee=5, business_fee=5)
    ReminderText.objects.create(level=1, language="en", subject="Please", text="Pay")
    ReferenceRate.objects.create(area="FI", valid_from=date(2026, 7, 1), percent=2)
    Reminder.objects.create(
        token=uuid4(), invoice=posted, level=1, date=date(2026, 11, 1), pay_by=date(2026, 11, 15),
        open_amount=1, fee=0, earlier_fees=0, lump_sum=0, interest=0, is_consumer=False,
        language="en", subject="Please", text="Pay",
    )  # fmt: skip
    if not Dispute.objects.exists():
        Dispute.objects.create(invoice=posted, reason="Why?")
    SendingAttempt.objects.create(sending=sending, began_at=timezone.now())
    account = BankAccount.objects.create(
        name="Bank", number=f"FI-{tenant.slug}", currency="EUR", ledger_account="1910"
    )
    layout = CsvLayout.objects.create(fingerprint="f" * 64, account=account)
    source = StatementImport.objects.create(
        file_name="bank.csv",
        format="csv",
        sha256=tenant.slug,
        size=1,
        content=b"x",
        state=StatementImport.State.ASKING,
        question={"accounts": []},
        layout=layout,
    )
    statement = BankStatement.objects.create(source=source, account=account)
    bank_line = BankLine.objects.create(
        source=source,
        statement=statement,
        account=account,
        key=tenant.slug,
        position=1,
        booking_date=date(2026, 11, 20),
        amount=1,
        currency="EUR",
    )
    BankLinePayment.objects.create(line=bank_line, payment=Payment.objects.earliest("pk"))
    several = SendingRun.objects.create(token=uuid4(), due_at=timezone.now())
    SendingRunItem.objects.create(run=several, invoice=posted, position=1)
    run = PostingRun.objects.create(token=uuid4())
    PostingRunItem.objects.create(run=run, invoice=draft, position=1, name="A draft")
    if not Receipt.objects.exists():
        Receipt.objects.create(
            charge=Charge.objects.earliest("pk"),
            kind="jpg",
            file=ContentFile(b"JPEG", name=f"receipt-{tenant.slug}.jpg"),
            size=4,
            sha256=sha256(b"JPEG").hexdigest(),
        )
    monthly, _new = Schedule.objects.get_or_create(
        name="All hours",
        defaults={"kinds": ["hours"], "at": time(6), "is_active": False, "author": owner},
    )
    ScheduleTarget.objects.create(schedule=monthly, customer=posted.customer)
    ScheduleTag.objects.create(schedule=monthly, tag=Tag.objects.earliest("pk"))
    invoicing = InvoicingRun.objects.create(
        token=uuid4(),
        schedule=monthly,
        name="All hours",
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
        cause="hand",
        drafts_for=owner,
        finished_at=timezone.now(),
    )
    InvoicingRunItem.objects.create(
        run=invoicing,
        schedule=monthly,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
        key=f"c{posted.customer_id}",
        position=1,
        name="A customer",
    )
    quotation = Quotation.objects.create(
        number=f"{tenant.slug}-1",
        customer=posted.customer,
        title="A roof",
        language="en",
        currency="EUR",
        issue_date=date(2026, 10, 1),
        valid_until=date(2026, 10, 31),
    )
    QuotationLine.objects.create(quotation=quotation, position=1, kind="text", text="Words")
    QuotationCounter.objects.get_or_create(year=2026)
    QuotationSending.objects.create(
        token=uuid4(),
        quotation=quotation,
        recipients=["a@b.example"],
        subject="Yours",
        text="Words",
        requested_at=timezone.now(),
        due_at=timezone.now(),
    )
    StatementSending.objects.create(
        token=uuid4(),
        customer=Customer.objects.earliest("pk"),
        currency="EUR",
        start_date=date(2026, 1, 1),
        end_date=date(2026, 11, 30),
        file=ContentFile(b"PDF", name=f"{tenant.slug}-statement.pdf"),
        sha256=sha256(b"PDF").hexdigest(),
        status="failed",
        failure="No such mailbox",
        recipients=["a@b.example"],
        subject="Yours",
        text="Words",
        requested_at=timezone.now(),
        due_at=timezone.now(),
    )
    order = ServiceOrder.objects.earliest("pk")
    order.signed_by, order.signed_at = "Anna Ostaja", timezone.now()
    order.signature = ContentFile(b"PNG", name=f"{tenant.slug}.png")
    order.save()
    if not ServiceOrderPhoto.objects.exists():
        ServiceOrderPhoto.objects.create(
            order=order,
            file=ContentFile(b"JPEG", name=f"{tenant.slug}.jpg"),
            width=1,
            height=1,
            size=4,
        )
    if not Connection.objects.exists():
        connection = Connection.objects.create(
            system="procountor", name="Procountor", environment="sandbox"
        )
        CustomerLink.objects.create(
            connection=connection,
            customer=Customer.objects.earliest("pk"),
            remote_id="1",
            remote_name="There",
        )
        Export.objects.create(connection=connection, invoice=posted, status=Export.Status.CANCELLED)
    # Of the draft that addresses are tried on: only a linked customer's document has choices.
    CustomerLink.objects.get_or_create(
        connection=Connection.objects.earliest("pk"),
        customer=Invoice.objects.filter(status="draft").order_by("pk")[0].customer,
        defaults={"remote_id": "2", "remote_name": "There"},
    )
    if not DocumentAnswers.objects.exists():
        DocumentAnswers.objects.create(
            connection=Connection.objects.earliest("pk"),
            invoice=posted,
            remote_customer_id="1",
            choices={"channel": "EMAIL"},
            words={"channel": "E-mail"},
        )
    export = Export.objects.earliest("pk")
    if not Connection.objects.filter(system="netvisor").exists():
        Connection.objects.create(
            system="netvisor", name="Netvisor", environment="sandbox", is_active=False
        )
    if not ProductMapping.objects.exists():
        ProductMapping.objects.create(
            connection_id=export.connection_id,
            product=Product.objects.earliest("pk"),
            remote_id="1",
            remote_name="There",
        )
    if not TroubleMail.objects.exists():
        member = Membership.objects.filter(tenant=posted.tenant_id).earliest("pk")
        TroubleMail.objects.create(member=member)
    if not PaymentThere.objects.exists():
        PaymentThere.objects.create(
            export=export, key="id 1", amount=1, paid_on=timezone.localdate(), sentence="To see to."
        )
    if not HeardEvent.objects.exists():
        HeardEvent.objects.create(
            connection=export.connection, kind="document", remote_id="1", key="key"
        )
    if not SignIn.objects.exists():
        SignIn.objects.create(
            connection=export.connection,
            user=User.objects.earliest("pk"),
            state_digest="state",
            session_digest="session",
            sealed_verifier="",
            environment="production",
            redirect_uri="https://laskuri.example/",
            expires_at=timezone.now(),
        )
    if not ExportStep.objects.exists():
        ExportStep.objects.create(export=export, key="create", begun_at=timezone.now())
    if not ExportAttempt.objects.exists():
        ExportAttempt.objects.create(
            export=export, began_at=timezone.now(), ended_at=timezone.now(), outcome="done"
        )
