"""What the audit log's codes are called, and the pages of the records they name.

The codes come from all rooms; here they are only words, nothing is imported. A test compares
them with the calls of `log`.
"""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.roles import Permission

ACTIONS: dict[str, str | Promise] = {
    "member.added": _("Member added"),
    "member.changed": _("Member changed"),
    "member.deactivated": _("Member deactivated"),
    "member.reactivated": _("Member activated again"),
    "member.invited": _("Invitation sent"),
    "member.invitation_revoked": _("Invitation withdrawn"),
    "member.joined": _("Invitation accepted"),
    "role.added": _("Role added"),
    "role.changed": _("Role adjusted"),
    "role.renamed": _("Role renamed"),
    "role.reset": _("Role back to its default"),
    "role.removed": _("Role removed"),
    "settings.changed": _("Settings changed"),
    "charge.receipt_added": _("Receipt added to a charge"),
    "charge.receipt_removed": _("Receipt taken off a charge"),
    "product.added": _("Product added"),
    "product.changed": _("Product changed"),
    "product.removed": _("Product deleted"),
    "customer.added": _("Customer added"),
    "customer.changed": _("Customer changed"),
    "numbering.series_added": _("Number series added"),
    "numbering.series_changed": _("Number series changed"),
    "numbering.next_number_set": _("Next number set"),
    "numbering.series_retired": _("Number series taken out of use"),
    "numbering.series_removed": _("Number series deleted"),
    "customer_group.added": _("Customer group added"),
    "customer_group.changed": _("Customer group changed"),
    "customer_group.removed": _("Customer group deleted"),
    "contact.added": _("Contact added"),
    "contact.changed": _("Contact changed"),
    "contact.removed": _("Contact removed"),
    "project.added": _("Project added"),
    "project.changed": _("Project changed"),
    "custom_field.added": _("Custom field added"),
    "custom_field.changed": _("Custom field changed"),
    "custom_field.deactivated": _("Custom field deactivated"),
    "custom_field.reactivated": _("Custom field activated again"),
    "custom_field.removed": _("Custom field deleted"),
    "custom_field.ordered": _("Custom fields put in order"),
    "member.created": _("Member added by an import"),
    "customer.created": _("Customer added by an import"),
    "project.created": _("Project added by an import"),
    "task.created": _("Task added by an import"),
    "task.added": _("Task added"),
    "task.changed": _("Task changed"),
    "task.deactivated": _("Task deactivated"),
    "task.reactivated": _("Task activated again"),
    "task.removed": _("Task deleted"),
    "package.added": _("Package added"),
    "package.changed": _("Package changed"),
    "package.removed": _("Package deleted"),
    "package.component_added": _("Component of a package added"),
    "package.component_removed": _("Component of a package deleted"),
    "package.price_added": _("Price of a package added"),
    "package.price_removed": _("Price of a package deleted"),
    "subscription.added": _("Subscription added"),
    "subscription.changed": _("Subscription changed"),
    "subscription.removed": _("Subscription deleted"),
    "subscription.fees": _("Fees of a subscription written"),
    "usage.import_started": _("Import of usage started"),
    "usage.import_discarded": _("File of usage discarded"),
    "usage.import_taken_back": _("Import of usage taken back"),
    "usage.imported": _("Usage imported"),
    "usage.charged": _("Usage charged"),
    "fixed_price.set": _("Fixed price set"),
    "milestone.added": _("Milestone added"),
    "milestone.removed": _("Milestone removed"),
    "charge.recorded": _("Charge recorded"),
    "charge.changed": _("Charge changed"),
    "charge.deleted": _("Charge deleted"),
    "charge.marked_billed": _("Charge marked as billed elsewhere"),
    "charge.written_off": _("Charge written off"),
    "charge.freed": _("Charge free for billing again"),
    "charge.made_billable": _("Charge made billable"),
    "charge.made_not_billable": _("Charge made not billable"),
    "order.created": _("Service order written"),
    "order.changed": _("Service order changed"),
    "order.started": _("Service order started"),
    "order.clock_started": _("Clock of a service order started"),
    "order.clock_discarded": _("Clock of a service order taken back"),
    "order.report_written": _("Report of a service order written"),
    "order.photo_added": _("Photo added to a service order"),
    "order.photo_removed": _("Photo removed from a service order"),
    "order.signed": _("Service order signed by the customer"),
    "order.signature_removed": _("Signature taken off a service order"),
    "order.done": _("Service order done"),
    "order.reopened": _("Service order opened again"),
    "order.checked": _("Part of a service order checked"),
    "order.unchecked": _("Check of a service order taken back"),
    "order.drafted": _("Draft made of a service order"),
    "order.cancelled": _("Service order cancelled"),
    "order.revived": _("Cancelled service order planned again"),
    "hours.imported": _("Hours imported"),
    "hours.recorded": _("Hours recorded"),
    "hours.changed": _("Hours changed"),
    "hours.deleted": _("Hours deleted"),
    "hours.restored": _("Deleted hours brought back"),
    "hours.marked_billed": _("Hours marked as billed elsewhere"),
    "hours.written_off": _("Hours written off"),
    "hours.freed": _("Hours freed for billing again"),
    "hours.made_billable": _("Hours made billable"),
    "hours.made_not_billable": _("Hours made not billable"),
    "hours.locked": _("Hours locked"),
    "hours.unlocked": _("Hours unlocked"),
    "hours.reminded": _("Reminder of hours sent"),
    "rate.added": _("Rate added"),
    "rate.changed": _("Rate changed"),
    "rate.removed": _("Rate removed"),
    "rates.recalculated": _("Rates recalculated"),
    "rates.recalculation_undone": _("Recalculated rates taken back"),
    "import.discarded": _("Import discarded"),
    "import.taken_back": _("Import taken back"),
    "invoice.drafted": _("Draft made"),
    "invoice.discarded": _("Draft discarded"),
    "invoice.restored": _("Draft restored"),
    "invoice.deleted": _("Draft deleted for good"),
    "invoice.changed": _("Draft changed"),
    "invoice.entries_added": _("Hours put on a draft"),
    "invoice.charges_added": _("Charges put on a draft"),
    "invoice.charge_released": _("Charge taken off a draft"),
    "invoice.entry_released": _("Hours taken off a draft"),
    "invoice.posted": _("Invoice posted"),
    "invoice.credited": _("Credited"),
    "invoice.cancelled": _("Cancelled"),
    "invoice.settled": _("Settled"),
    "invoice.allocation_taken_back": _("Settlement taken back"),
    "payment.registered": _("Payment registered"),
    "payment.allocated": _("Payment allocated"),
    "payment.refunded": _("Paid back to the customer"),
    "payment.reversed": _("Payment reversed"),
    "bank_account.added": _("Bank account added"),
    "bank_account.changed": _("Bank account changed"),
    "csv_layout.kept": _("Columns of a bank's file remembered"),
    "statement_import.read": _("Bank statement imported"),
    "statement_import.discarded": _("Import of a bank statement discarded"),
    "statement_import.matched_again": _("Bank statement matched again"),
    "statement_import.accepted": _("Offers of a bank statement accepted"),
    "bank_line.booked": _("Bank line booked"),
    "bank_line.undone": _("Booking of a bank line undone"),
    "bank_line.ignored": _("Bank line put aside"),
    "bank_line.brought_back": _("Bank line brought back"),
    "credit_note.drafted": _("Draft of a credit note made"),
    "credit_note.changed": _("Draft of a credit note changed"),
    "credit_note.posted": _("Credit note posted"),
    "invoice.pdf_stored": _("PDF stored"),
    "invoice.sending_requested": _("Sending by e-mail asked for"),
    "invoice.sending_withdrawn": _("Sending withdrawn"),
    "invoice.sent": _("Sent by e-mail"),
    "invoice.sent_otherwise": _("Marked as sent"),
    "invoice.sending_failed": _("Could not be sent"),
    "invoice.sending_unclear": _("Perhaps sent"),
    "invoice.bounced": _("Came back to the sender"),
    "invoice.reminded": _("Reminder"),
    "invoice.disputed": _("The customer disputes it"),
    "invoice.dispute_settled": _("Dispute settled"),
    "sending_run.reminders": _("Reminders of several started"),
    "reminder_terms.changed": _("Terms of reminders changed"),
    "reminder_terms.reset": _("Terms of reminders back to their default"),
    "reminder_text.changed": _("Text of reminders changed"),
    "reminder_text.reset": _("Text of reminders back to its default"),
    "reference_rate.entered": _("Reference rate entered"),
    "reference_rate.removed": _("Reference rate removed"),
    "mail_text.changed": _("Text of e-mails changed"),
    "mail_text.reset": _("Text of e-mails back to its default"),
    "mail_settings.changed": _("Settings of e-mails changed"),
    "customer_link.made": _("Link for the customer made"),
    "customer_link.revoked": _("Links of the customer withdrawn"),
    "invoice.question_asked": _("The customer asks"),
    "invoice.question_answered": _("Question answered"),
    "saved_filter.created": _("Filter saved"),
    "saved_filter.changed": _("Saved filter changed"),
    "saved_filter.deleted": _("Saved filter deleted"),
    "document_bundle.started": _("Zip of documents started"),
    "sending_run.started": _("Sending of several started"),
    "posting_run.started": _("Posting of several started"),
    "schedule.added": _("Schedule added"),
    "schedule.changed": _("Schedule changed"),
    "schedule.paused": _("Schedule paused"),
    "schedule.resumed": _("Schedule active again"),
    "schedule.approved": _("Schedule approved for posting"),
    "schedule.removed": _("Schedule deleted"),
    "run.started": _("Invoicing run started"),
    "run.stopped": _("Invoicing run stopped"),
    "run.resumed": _("Invoicing run taken up again"),
    "run.retried": _("Failed invoices of a run tried again"),
    "run.finished": _("Invoicing run finished"),
    "connection.added": _("Accounting system connected"),
    "connection.changed": _("Connection changed"),
    "connection.lost": _("Accounting system refused access"),
    "connection.mended": _("Accounting system answers again"),
    "connection.switched_on": _("Connection switched on"),
    "connection.switched_off": _("Connection switched off"),
    "connection.removed": _("Connection removed"),
    "link.made": _("Customer linked"),
    "link.changed": _("Customer linked to another one"),
    "link.removed": _("Link removed"),
    "link.partner_created": _("Customer created in the accounting system"),
    "link.partner_changed": _("Customer changed in the accounting system"),
    "export.queued": _("Export ordered by hand"),
    "export.sent": _("Invoice arrived in the accounting system"),
    "export.failed": _("Export needs attention"),
    "export.retried": _("Export tried again by hand"),
    "export.closed": _("Export closed by hand"),
    "platform.tenant_saved": _("Company changed by the platform"),
    "platform.tenant_equipped": _("Tax rates and number series laid out"),
    "platform.member_saved": _("Member changed by the platform"),
    "admin.added": _("Added in the administration"),
    "admin.changed": _("Changed in the administration"),
    "admin.deleted": _("Deleted in the administration"),
}
KINDS: dict[str, str | Promise] = {
    "tenants.membership": _("Member"),
    "tenants.tenant": _("Company"),
    "tenants.tenantrole": _("Role"),
    "catalog.product": _("Product"),
    "customers.customer": _("Customer"),
    "customers.customergroup": _("Customer group"),
    "customers.contact": _("Contact"),
    "customers.project": _("Project"),
    "customers.customfield": _("Custom field"),
    "timesheets.timeentry": _("Time entry"),
    "timesheets.charge": _("Charge"),
    "timesheets.package": _("Package"),
    "timesheets.usageimport": _("Import of usage"),
    "timesheets.subscription": _("Subscription"),
    "timesheets.receipt": _("Receipt"),
    "timesheets.serviceorder": _("Service order"),
    "timesheets.hourslock": _("Hours lock"),
    "timesheets.hoursreminder": _("Reminder of hours"),
    "timesheets.rate": _("Rate"),
    "timesheets.task": _("Task"),
    "timesheets.timeimport": _("Import of hours"),
    "invoicing.invoice": _("Invoice"),
    "invoicing.bankaccount": _("Bank account"),
    "invoicing.csvlayout": _("Columns of a bank's file"),
    "invoicing.statementimport": _("Bank statement"),
    "invoicing.bankline": _("Bank line"),
    "invoicing.postingrun": _("Posting of several"),
    "invoicing.sendingrun": _("Sending of several"),
    "invoicing.schedule": _("Schedule"),
    "invoicing.invoicingrun": _("Invoicing run"),
    "invoicing.savedfilter": _("Saved filter"),
    "invoicing.documentbundle": _("Zip of documents"),
    "invoicing.numberseries": _("Number series"),
    "invoicing.mailtext": _("Text of e-mails"),
    "invoicing.mailsettings": _("Settings of e-mails"),
    "invoicing.payment": _("Payment"),
    "invoicing.reminder": _("Reminder"),
    "invoicing.reminderterms": _("Terms of reminders"),
    "invoicing.remindertext": _("Text of reminders"),
    "invoicing.referencerate": _("Reference rate"),
    "invoicing.allocation": _("Allocation"),
    "catalog.taxrate": _("Tax rate"),
    "integrations.connection": _("Accounting system"),
    "integrations.customerlink": _("Customer link"),
    "integrations.export": _("Export"),
}
FIELDS: dict[str, str | Promise] = {
    "account": _("account"),
    "amount": _("amount"),
    "copy_of": _("copy of"),
    "invoices": _("invoices"),
    "drafts": _("drafts"),
    "entries": _("entries"),
    "gained": _("may now"),
    "format": _("format"),
    "gross": _("gross"),
    "next_number": _("next number"),
    "lost": _("may no longer"),
    "about": _("subject"),
    "copies": _("copies"),
    "customer": _("customer"),
    "links": _("links"),
    "question": _("question"),
    "until": _("until"),
    "number": _("number"),
    "permissions": _("may"),
    "reason": _("reason"),
    "level": _("level"),
    "open": _("open"),
    "fees": _("fees"),
    "interest": _("interest"),
    "total": _("total"),
    "outcome": _("outcome"),
    "recipients": _("to"),
    "sha256": "SHA-256",
    "size": _("size in bytes"),
    "way": _("way"),
}
PAGES: dict[str, str] = {
    "timesheets.charge": "timesheets:charge_edit",
    "timesheets.package": "timesheets:package_detail",
    "timesheets.usageimport": "timesheets:usage_import_detail",
    "timesheets.subscription": "timesheets:subscription_detail",
    "timesheets.serviceorder": "timesheets:order_detail",
    "tenants.membership": "tenants:member_edit",
    "catalog.product": "catalog:product_edit",
    "customers.customer": "customers:customer_detail",
    "customers.project": "customers:project_detail",
    "customers.customfield": "customers:field_edit",
    "customers.customergroup": "customers:group_edit",
    "invoicing.invoice": "invoicing:invoice_detail",
    "invoicing.payment": "invoicing:payment_detail",
    "invoicing.bankline": "invoicing:bank_line",
    "invoicing.statementimport": "invoicing:bank_import",
    "invoicing.bankaccount": "invoicing:bank_account_edit",
    "invoicing.numberseries": "invoicing:series_report",
    "integrations.connection": "integrations:connection_edit",
    "integrations.export": "integrations:export_detail",
    "invoicing.postingrun": "invoicing:posting_run",
    "invoicing.sendingrun": "invoicing:sending_run",
    "invoicing.schedule": "invoicing:schedule_detail",
    "invoicing.invoicingrun": "invoicing:run_detail",
    "invoicing.documentbundle": "invoicing:archive_zip",
}


def action_words(code: str) -> str:
    return str(ACTIONS.get(code, code.replace(".", ": ").replace("_", " ")))


def kind_words(label: str) -> str:
    return str(KINDS.get(label, label.rpartition(".")[2]))


def page_of(object_type: str, object_id: int | None) -> str:
    """Return the address of the record's page, or nothing for records without one."""
    if object_id is None or object_type not in PAGES:
        return ""
    try:
        return reverse(PAGES[object_type], args=[object_id])
    except NoReverseMatch:
        return ""


def detail_lines(detail: dict[str, Any]) -> list[str]:
    """Return what an entry says besides its code, a line per fact."""
    lines = []
    for name, value in detail.items():
        if name == "changes" and isinstance(value, dict):
            lines += [_change(field, pair) for field, pair in value.items()]
        elif name in ("gained", "lost", "permissions") and value:
            lines.append(f"{_field_words(name)}: {_text(_permission_words(value))}")
        elif value not in (None, "", [], {}):
            lines.append(f"{_field_words(name)}: {_text(value)}")
    return lines


def _change(field: str, pair: Any) -> str:
    if isinstance(pair, list) and len(pair) == 2:
        old, new = (_text(value) for value in pair)
        return f"{_field_words(field)}: {old} → {new}"
    return f"{_field_words(field)}: {_text(pair)}"


def _permission_words(codes: list[str]) -> list[str]:
    """One that the program no longer has keeps its code."""
    known = dict(Permission.choices)
    return [str(known.get(code, code)) for code in codes]


def _field_words(name: str) -> str:
    return str(FIELDS.get(name, name.replace("_", " ")))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return "—" if value in (None, "") else str(value)
