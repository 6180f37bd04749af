"""One quotation: its form while a draft, its page once it went out, and every step with it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from invoicing.documents.quotations import quotation_pdf
from invoicing.documents.storing import plain_name
from invoicing.domain.quotations import deciding, editing, links, sending
from invoicing.models import Invoice, InvoiceLine, Quotation
from invoicing.quotation_errors import QuotationRefused
from invoicing.selectors.quotations import changed_lines, compared, quotations_of
from invoicing.selectors.visible import visible_invoices
from invoicing.views.documents.files import file_response
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.line_book import Row
from invoicing.views.drafts.page import line_symbols, totals_context
from invoicing.views.quotations.book import QuotationBook, product_search_for
from invoicing.views.quotations.forms import (
    DecisionForm,
    NewQuotationForm,
    QuotationForm,
    QuotationSendForm,
)
from invoicing.views.quotations.lists import SEE, badge_of
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

MANAGE = permission_required(Permission.MANAGE_QUOTATIONS)


@require_http_methods(["GET", "POST"])
@MANAGE
def quotation_new(request: TenantRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    chosen = (data or request.GET).get("customer", "")
    initial = {"customer": chosen, "project": whole(request.GET.get("project", "")) or None}
    form = NewQuotationForm(data, membership=request.membership, chosen=chosen, initial=initial)
    if data is not None and form.is_valid():
        quotation = editing.begin_quotation(actor=request.user, **form.cleaned_data)
        return redirect("invoicing:quotation_detail", quotation.pk)
    status = 422 if form.errors else 200
    return render(request, "invoicing/quotations/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@SEE
def quotation_detail(request: TenantRequest, pk: int) -> HttpResponse:
    quotation = _quotation_or_404(pk)
    may_manage = request.membership.may(Permission.MANAGE_QUOTATIONS)
    if request.method == "POST" and not may_manage:
        raise PermissionDenied
    if not quotation.is_draft or not may_manage:
        if request.method == "POST":
            messages.error(request, _("This quotation went out and stays as it is. Revise it."))
        return _page(request, quotation)
    return _edit(request, quotation)


def _edit(request: TenantRequest, quotation: Quotation) -> HttpResponse:
    book = QuotationBook(quotation)
    if request.method == "GET":
        form = QuotationForm(instance=quotation, membership=request.membership)
        return _form_page(request, quotation, form, book, book.stored_rows())
    form = QuotationForm(request.POST, instance=quotation, membership=request.membership)
    book.price_in(request.POST.get("currency", ""))
    rows, refusal = book.typed_rows(request.POST)
    asked, _colon, what = request.POST.get("do", "").partition(":")
    if asked in ("add", "delete"):
        return _form_page(request, quotation, form, book, _one_more(book, rows, asked, what))
    written = [row for row in rows if not row.is_untouched]
    if not form.is_valid() or refusal or any(row.errors for row in written):
        return _form_page(request, quotation, form, book, rows, refusal=refusal, status=422)
    try:
        editing.save_quotation(
            quotation.pk,
            seen=form.cleaned_data["seen"],
            values=form.values(),
            lines=[row.edit() for row in written],
            actor=request.user,
        )
    except DomainError as refused:
        add_refusal(form, refused)
        return _form_page(request, quotation, form, book, rows, status=422)
    messages.success(request, _("Saved."))
    page = "quotation_send" if asked == "send" else "quotation_detail"
    return redirect(f"invoicing:{page}", quotation.pk)


def _one_more(book: QuotationBook, rows: list[Row], asked: str, what: str) -> list[Row]:
    """Without a script: the form comes back as it was typed, with a line more or fewer."""
    if asked == "delete":
        return [row for row in rows if row.key != what]
    keys = [int(row.key[1:]) for row in rows if row.key.startswith("n")]
    kind = what if what in InvoiceLine.Kind.values else InvoiceLine.Kind.ITEM.value
    return [*rows, book.blank_row(f"n{max(keys, default=0) + 1}", kind)]


@require_POST
@MANAGE
def quotation_totals(request: TenantRequest, pk: int) -> HttpResponse:
    """Sums of the lines as they are typed just now; nothing is saved."""
    book = QuotationBook(_quotation_or_404(pk))
    book.price_in(request.POST.get("currency", ""))
    rows, _refusal = book.typed_rows(request.POST)
    return render(request, "invoicing/draft_totals.html", totals_context(book, rows))


@require_GET
@SEE
def quotation_file(request: TenantRequest, pk: int) -> HttpResponseBase:
    """As it went out; a draft as it would look now."""
    quotation = _quotation_or_404(pk)
    name = plain_name(quotation.label)
    if quotation.is_draft:
        return file_response(request, quotation_pdf(quotation), name)
    try:
        return FileResponse(quotation.file.open("rb"), filename=f"{name}.pdf")
    except FileNotFoundError:
        raise Http404 from None


@require_http_methods(["GET", "POST"])
@MANAGE
def quotation_send(request: TenantRequest, pk: int) -> HttpResponse:
    quotation = _quotation_or_404(pk)
    letter = sending.proposed_letter(quotation)
    form = QuotationSendForm(
        request.POST if request.method == "POST" else None,
        initial={
            "recipients": letter.recipients, "copies": letter.copies,
            "subject": letter.subject, "text": letter.text,
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        token = typed.pop("token")
        try:
            sending.send_quotation(
                pk, sending.QuotationLetter(**typed), token=token, actor=request.user
            )
        except QuotationRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%(quotation)s is on its way.") % _named(quotation))
            return redirect("invoicing:quotation_detail", pk)
    context = {"form": form, "quotation": quotation}
    status = 422 if form.errors else 200
    return render(request, "invoicing/quotations/send.html", context, status=status)


@require_POST
@MANAGE
def quotation_decide(request: TenantRequest, pk: int) -> HttpResponse:
    """What the customer told somebody, noted by hand."""
    quotation = _quotation_or_404(pk)
    form = DecisionForm(request.POST)
    if form.is_valid():
        name, reason = form.cleaned_data["name"], form.cleaned_data["reason"]
        try:
            if request.POST.get("do") == "decline":
                deciding.decline_quotation(pk, name=name, reason=reason, actor=request.user)
            else:
                deciding.accept_quotation(pk, name=name, actor=request.user)
        except QuotationRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Noted."))
            return redirect("invoicing:quotation_detail", pk)
    return _page(request, quotation, decision=form)


@require_POST
@MANAGE
def quotation_step(request: TenantRequest, pk: int, step: str) -> HttpResponse:
    """One press: hand-out, copy, revise, delete, withdraw, order or project."""
    quotation = _quotation_or_404(pk)
    try:
        return _step(request, quotation, step)
    except DomainError as refused:
        if quotation.is_draft:
            messages.error(request, str(refused))
            return redirect("invoicing:quotation_detail", pk)
        return _page(request, quotation, refusal=str(refused))


def _step(request: TenantRequest, quotation: Quotation, step: str) -> HttpResponse:
    actor, pk = request.user, quotation.pk
    match step:
        case "hand-out":
            sending.hand_out(pk, actor=actor)
            messages.success(request, _("It is marked as handed out, and stays as it is now."))
        case "copy" | "revise":
            write = editing.copy_quotation if step == "copy" else editing.revise_quotation
            return redirect("invoicing:quotation_detail", write(pk, actor=actor).pk)
        case "delete":
            editing.delete_quotation(pk, actor=actor)
            messages.success(request, _("The draft is deleted."))
            return redirect("invoicing:quotation_list")
        case "withdraw":
            links.withdraw_link(quotation, actor=actor)
            messages.success(request, _("Links that were sent before open nothing any more."))
        case "order":
            order = deciding.make_order_of(pk, actor=request.membership)
            messages.success(request, _("%(order)s is written.") % {"order": order.label})
            return redirect("timesheets:order_detail", order.pk)
        case "project":
            if not request.membership.may(Permission.EDIT_CUSTOMERS):
                raise PermissionDenied
            project = deciding.make_project_of(pk, actor=actor)
            messages.success(request, _("The project “%(name)s” is added.") % {"name": project})
            return redirect("customers:project_detail", project.pk)
        case _:
            raise Http404
    return redirect("invoicing:quotation_detail", pk)


@require_GET
@permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
def invoice_quoted(request: TenantRequest, pk: int) -> HttpResponse:
    """What was offered for the work of this document, beside what is invoiced of it."""
    invoice: Invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
    context = {"invoice": invoice, "compared": quotations_of(invoice)}
    is_part = "HX-Request" in request.headers
    template = "invoicing/quotations/quoted.html" + ("#part" if is_part else "")
    return render(request, template, context)


def _quotation_or_404(pk: int) -> Quotation:
    rows = Quotation.objects.select_related(
        "customer", "project", "service_order", "previous", "changed_by", "noted_by"
    )
    found: Quotation = get_object_or_404(rows, pk=pk)
    return found


def _named(quotation: Quotation) -> dict[str, str]:
    return {"quotation": quotation.label}


def _page(
    request: TenantRequest,
    quotation: Quotation,
    *,
    refusal: str = "",
    decision: DecisionForm | None = None,
) -> HttpResponse:
    may = request.membership.may
    newer = quotation.revisions.first()
    is_sent = quotation.status == Quotation.Status.SENT
    context: dict[str, Any] = {
        "quotation": quotation,
        "lines": list(quotation.lines.select_related("product")),
        "state": badge_of(quotation.state_on(timezone.localdate())),
        "sendings": list(quotation.sendings.select_related("requested_by", "bounced_by")),
        "newer": newer,
        "changed": changed_lines(quotation),
        "compared": compared([quotation]) if quotation.project or quotation.service_order else [],
        "may_manage": may(Permission.MANAGE_QUOTATIONS),
        "may_decide": is_sent and may(Permission.MANAGE_QUOTATIONS),
        "may_revise": newer is None and quotation.status != Quotation.Status.ACCEPTED,
        "is_accepted": quotation.status == Quotation.Status.ACCEPTED,
        "may_order": may(Permission.MANAGE_ORDERS),
        "may_project": may(Permission.EDIT_CUSTOMERS),
        "link": links.link_of(quotation) if is_sent and may(Permission.MANAGE_QUOTATIONS) else "",
        "quoted_hours": deciding.quoted_hours(quotation),
        "decision": decision or DecisionForm(),
        "refusal": refusal,
    }
    status = 422 if refusal or (decision and decision.errors) else 200
    return render(request, "invoicing/quotations/detail.html", context, status=status)


def _form_page(
    request: TenantRequest,
    quotation: Quotation,
    form: QuotationForm,
    book: QuotationBook,
    rows: list[Row],
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = book.with_blanks(rows)
    context = {
        "quotation": quotation,
        "draft": quotation,
        "form": form,
        "rows": shown,
        "patterns": [book.blank_row("__key__", kind) for kind in InvoiceLine.Kind.values],
        "symbols": line_symbols(),
        "accounts": book.accounts,
        "product_search": product_search_for(quotation),
        "may_edit": True,
        "changed": changed_lines(quotation),
        "refusal": refusal,
        **totals_context(book, shown),
    }
    return render(request, "invoicing/quotations/edit.html", context, status=status)
