"""The draft form: begin, edit, save, post."""

from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from customers.models import Customer
from customers.selectors import visible_customers
from invoicing import errors
from invoicing.domain.drafting import (
    fill_from_customer,
    new_draft,
    not_a_draft,
)
from invoicing.domain.editing import save_draft
from invoicing.domain.handing_over import post_or_hand_over
from invoicing.domain.looked_at import post_as_looked_at
from invoicing.domain.sending.own_words import refuse_wider_link
from invoicing.domain.sending.runs import send_as_usual
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.visible import (
    draftable_projects,
    editable_drafts,
    may_edit_draft,
    visible_invoices,
)
from invoicing.views.drafts.forms import DraftForm, NewDraftForm, whole
from invoicing.views.drafts.line_book import LineBook, Row
from invoicing.views.drafts.merging import Base, base_of, lines_left_out, merge, show_theirs
from invoicing.views.drafts.page import (
    DraftPage,
    document_url,
    for_page,
    totals_context,
    with_people,
)
from invoicing.views.drafts.presence import left, seen_on
from invoicing.views.drafts.steps import credit_url, draft_url, drafts_url
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(
    Permission.VIEW_INVOICE,
    Permission.VIEW_PROJECT_INVOICE,
    Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
)
EDIT = permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)


@require_http_methods(["GET", "POST"])
@EDIT
def draft_new(request: TenantRequest) -> HttpResponse:
    """Choose a customer, and begin a draft without hours."""
    asked = request.POST if request.method == "POST" else request.GET
    customers = visible_customers(request.membership)
    customer = customers.filter(pk=whole(asked.get("customer", ""))).first()
    project = (
        draftable_projects(request.membership)
        .select_related("customer")
        .filter(pk=whole(asked.get("project", "")))
        .first()
    )
    if project is not None and "customer" not in asked:
        customer = project.customer
    form = NewDraftForm(
        request.POST if request.method == "POST" else None,
        membership=request.membership,
        customer=customer,
        initial={"customer": customer, "project": project},
    )
    if request.method == "POST" and form.is_valid():
        draft = new_draft(
            customer=form.cleaned_data["customer"],
            project=form.cleaned_data["project"],
            currency=form.cleaned_data["currency"],
            actor=request.user,
        )
        return _go(request, "invoicing:draft_edit", draft)
    part = "#projects" if request.headers.get("HX-Target") == "draft-projects" else ""
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "drafts_url": drafts_url(request)}
    return render(request, f"invoicing/draft_new.html{part}", context, status=status)


def _go(request: TenantRequest, name: str, draft: Invoice) -> HttpResponse:
    response = redirect(name, draft.pk)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
    return response


@require_http_methods(["GET", "POST"])
@SEE
def draft_edit(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = get_object_or_404(for_page(visible_invoices(request.membership)), pk=pk)
    if (elsewhere := _elsewhere(request, invoice)) is not None:
        return elsewhere
    if request.method == "POST":
        return _sent(request, invoice, then_post=False)
    page = DraftPage(request, invoice)
    if page.is_long and request.headers.get("HX-Target") == "draft-lines":
        return page.show_lines()
    return page.show(page.form(), page.book.stored_rows())


@require_POST
@permission_required(Permission.POST_INVOICE)
def draft_post(request: TenantRequest, pk: int) -> HttpResponse:
    """Save the form and post what it says; both or neither."""
    invoice = get_object_or_404(for_page(visible_invoices(request.membership)), pk=pk)
    if not invoice.is_draft:
        messages.warning(request, str(not_a_draft(invoice)))
    if (elsewhere := _elsewhere(request, invoice)) is not None:
        return elsewhere
    if not may_edit_draft(request.membership, invoice):
        return _post_as_stored(request, invoice)
    return _sent(request, invoice, then_post=True)


def _elsewhere(request: TenantRequest, invoice: Invoice) -> HttpResponse | None:
    """Where the page of a document is that is no draft of an invoice."""
    if invoice.status == Invoice.Status.DISCARDED:
        return redirect("invoicing:discarded")
    if invoice.is_draft and invoice.corrects_id is not None:
        return redirect(credit_url(request, invoice.corrects_id))
    return redirect(document_url(invoice)) if invoice.is_posted else None


def _post_as_stored(request: TenantRequest, draft: Invoice) -> HttpResponse:
    """Who posts and does not draft sends no content, only which version they looked at."""
    try:
        version = whole(request.POST.get("version", ""))
        posted = post_as_looked_at(draft, version=version, actor=request.user)
    except DomainError as refusal:
        draft.refresh_from_db()
        page = DraftPage(request, draft)
        return page.show(page.form(), page.book.stored_rows(), status=422, refusal=refusal)
    return _posted(request, posted)


def _posted(request: TenantRequest, invoice: Invoice) -> HttpResponse:
    if invoice.is_draft:
        messages.success(
            request,
            _("It is being created in %(giver)s, and posted here with the number it gets there.")
            % {"giver": invoice.number_giver},
        )
        return redirect(draft_url(request, invoice.pk))
    messages.success(request, _("Invoice %(number)s is posted.") % {"number": invoice.number})
    if "send" in request.POST:
        return _then_send(request, invoice)
    return redirect(document_url(invoice))


def _then_send(request: TenantRequest, invoice: Invoice) -> HttpResponse:
    """With the usual words; what cannot be sent so is written by hand, and stays posted."""
    try:
        refuse_wider_link(request.membership)
        sending = send_as_usual(invoice, token=uuid4(), actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("invoicing:invoice_send", invoice.pk)
    messages.success(
        request,
        _("%(invoice)s goes to %(recipients)s.")
        % {"invoice": invoice, "recipients": ", ".join(sending.recipients)},
    )
    return redirect(document_url(invoice))


def _sent(request: TenantRequest, draft: Invoice, *, then_post: bool) -> HttpResponse:
    page = DraftPage(request, draft)
    if not page.may_edit:
        raise PermissionDenied
    form = page.form(request.POST)
    rows = page.typed_rows(request.POST)
    if (early := _before_saving(page, form, rows)) is not None:
        return early
    try:
        saved = _save(page, form, rows, then_post=then_post)
    except errors.DraftChanged:
        return _conflict(request, draft, form, rows)
    except DomainError as refusal:
        return page.refuse(refusal, form, rows)
    left(draft.pk, request.user)
    if then_post:
        return _posted(request, saved)
    messages.success(request, _("Saved."))
    return redirect(draft_url(request, draft.pk))


def _before_saving(page: DraftPage, form: DraftForm, rows: list[Row]) -> HttpResponse | None:
    data = page.request.POST
    if "do" in data:
        return _changed_in_page(page, form, rows, data["do"])
    if _other_customer(page.request, form):
        return _refilled(page, form, rows)
    if not page.is_sound(form, rows):
        return page.show(form, rows, status=422)
    return None


@transaction.atomic
def _save(page: DraftPage, form: DraftForm, rows: list[Row], *, then_post: bool) -> Invoice:
    """Both or neither: what cannot be posted is not saved either, but comes back as typed."""
    request = page.request
    saved = save_draft(
        page.draft,
        version=whole(request.POST.get("version", "")),
        values=form.cleaned_data,
        lines=page.edits(rows),
        actor=request.user,
        freed=[whole(pk) for pk in request.POST.getlist("freed")],
    )
    return post_or_hand_over(saved, actor=request.user) if then_post else saved


def _changed_in_page(page: DraftPage, form: DraftForm, rows: list[Row], wish: str) -> HttpResponse:
    """Without JavaScript lines come and go here, and `merge` takes over what else was stored."""
    what, _colon, key = wish.partition(":")
    if what == "merge":
        return _conflict(page.request, page.draft, form, rows, status=200)
    if what == "add":
        used = {row.key for row in rows}
        free = next(f"n{number}" for number in range(1, len(used) + 2) if f"n{number}" not in used)
        rows.append(page.book.blank_row(free, key or InvoiceLine.Kind.ITEM))
    elif what == "delete":
        rows = [row for row in rows if row.key != key]
    for row in rows:
        row.errors = {}
    return page.show(form, rows)


def _conflict(
    request: TenantRequest,
    draft: Invoice,
    form: DraftForm,
    rows: list[Row],
    *,
    status: int = 409,
) -> HttpResponse:
    """Show the form with what was stored in the meantime, and let the person decide."""
    fresh = for_page(Invoice.objects.all()).get(pk=draft.pk)
    page = DraftPage(request, fresh)
    page.book.price_in(form.data.get("currency", ""))
    form.is_valid()
    base = Base.read(form.data.get("base", ""))
    merged = merge(form, rows, base, page.book)
    if page.is_long:
        merged.differences += lines_left_out(fresh, request.POST, base)
    again = page.form(merged.data)
    by_me = fresh.changed_by_id == request.user.pk
    by = _("you, in another window") if by_me else str(fresh.changed_by or _("Somebody"))
    # Before validating, which makes the bound fields with their help.
    show_theirs(again, merged.theirs, by)
    again.is_valid()
    return page.show(
        again,
        merged.rows,
        status=status,
        base=base_of(fresh, again, page.book.stored_rows()),
        version=fresh.version,
        conflict=merged.differences,
        is_conflict=status == 409,
        conflict_by=by,
        conflict_by_me=by_me,
    )


def _other_customer(request: TenantRequest, form: DraftForm) -> bool:
    """The customer was changed, but the address is still that of the one before."""
    if "customer" not in form.fields or not form.is_valid():
        return False
    filled_from = request.POST.get("parties_of", "")
    return bool(filled_from) and filled_from != str(form.cleaned_data["customer"].pk)


def _refilled(page: DraftPage, form: DraftForm, rows: list[Row]) -> HttpResponse:
    customer: Customer = form.cleaned_data["customer"]
    filled = Invoice()
    fill_from_customer(filled, customer)
    data = form.data.copy()  # type: ignore[attr-defined]
    for name in _PARTIES:
        data[name] = getattr(filled, name)
    data["project"] = data["replaces"] = ""
    again = page.form(data)
    again.is_valid()
    sentence = _("Address and contact are now those of %(customer)s. Check them and save again.")
    again.add_error("customer", sentence % {"customer": customer.name})
    return page.show(again, rows, status=422, parties_of=customer)


_PARTIES = (
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
    "buyer_business_id", "buyer_vat_id", "delivery_name", "delivery_street",
    "delivery_postal_code", "delivery_city", "delivery_country", "contact_name", "contact_email",
    "buyer_reference", "currency", "language",
)  # fmt: skip


@require_GET
@EDIT
def draft_parties(request: TenantRequest, pk: int) -> HttpResponse:
    """The customer's part of the form, filled in from `?customer=`; nothing is saved."""
    draft = get_object_or_404(_editable(request), pk=pk)
    customer = get_object_or_404(
        visible_customers(request.membership), pk=whole(request.GET.get("customer", ""))
    )
    fill_from_customer(draft, customer)
    draft.project, draft.replaces = None, None
    draft.order_reference = draft.contract_reference = ""
    page = DraftPage(request, draft)
    context = {
        "draft": draft,
        "form": page.form(),
        "parties_of": customer,
        "default_rate": page.book.default_rate,
        "may_edit": True,
    }
    return render(request, "invoicing/draft_parties.html", context)


@require_POST
@EDIT
def draft_totals(request: TenantRequest, pk: int) -> HttpResponse:
    """Sums of the lines as they are typed just now; nothing is saved."""
    draft = get_object_or_404(_editable(request), pk=pk)
    book = LineBook(draft)
    book.price_in(request.POST.get("currency", ""))
    rows, _refusal = book.typed_rows(request.POST)
    return render(request, "invoicing/draft_totals.html", totals_context(book, rows))


@require_POST
@EDIT
def draft_presence(request: TenantRequest, pk: int) -> HttpResponse:
    """Say who else is editing, and whether the form has become old."""
    seen = with_people(visible_invoices(request.membership)).filter(pk=pk)
    invoice = seen.exclude(status=Invoice.Status.DISCARDED).first()
    context = {
        "draft": invoice,
        "is_posted": invoice is not None and invoice.is_posted,
        "is_old": invoice is not None and str(invoice.version) != request.POST.get("version", ""),
        "by_me": invoice is not None and invoice.changed_by == request.user,
        "others": seen_on(pk, request.user) if invoice is not None else [],
        "document_url": document_url(invoice) if invoice is not None else "",
    }
    return render(request, "invoicing/draft_presence.html", context)


def _editable(request: TenantRequest) -> QuerySet[Invoice]:
    return for_page(editable_drafts(request.membership))
