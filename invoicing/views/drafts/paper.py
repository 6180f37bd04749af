"""The draft as paper beside its form: as it is typed just now, saved nowhere."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from core.errors import DomainError
from invoicing.documents.glyphs import missing_letters
from invoicing.documents.long_papers import report_rows
from invoicing.documents.previews import MOST_ROWS_AT_ONCE, keep_paper
from invoicing.documents.printed import texts_of
from invoicing.domain.editing import save_draft
from invoicing.selectors.visible import editable_drafts
from invoicing.templating.sheets import Sheet, make_sheet, sheet_of
from invoicing.views.drafts.forms import DraftForm, whole
from invoicing.views.drafts.line_book import Row
from invoicing.views.drafts.page import DraftPage, for_page
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission


@require_POST
@permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
def draft_paper(request: TenantRequest, pk: int) -> HttpResponse:
    """A long draft, whose lines are no part of the form, is shown as it is stored."""
    draft = get_object_or_404(for_page(editable_drafts(request.membership)), pk=pk)
    page = DraftPage(request, draft)
    form, rows = page.form(request.POST), page.typed_rows(request.POST)
    context: dict[str, Any] = {"draft": draft}
    if page.is_long:
        context["is_as_saved"] = True
    elif page.is_sound(form, rows):
        context |= _shown(page, form, rows)
    else:
        context["is_wrong"] = True
    return render(request, "invoicing/draft_paper.html", context)


def _shown(page: DraftPage, form: DraftForm, rows: list[Row]) -> dict[str, Any]:
    if len(rows) + report_rows(page.draft) > MOST_ROWS_AT_ONCE:
        # It takes seconds, which typing cannot wait for: as it is stored, by the worker.
        return {"is_as_saved": True}
    try:
        sheet = _as_typed(page, form, rows)
    except DomainError as refusal:
        return {"refusal": refusal}
    made = make_sheet(sheet)
    found: dict[str, Any] = {"trouble": made.trouble, "why_no_pdf": made.why_no_pdf}
    if made.pdf:
        found["paper"] = keep_paper(page.draft.pk, page.request.user.pk, made.pdf)
        found["missing"] = missing_letters(texts_of(sheet.printed))
    return found


def _as_typed(page: DraftPage, form: DraftForm, rows: list[Row]) -> Sheet:
    """Saved as the form says, read, and taken back: what is shown is what saving would make."""
    with transaction.atomic():
        saved = save_draft(
            page.draft,
            version=whole(page.request.POST.get("version", "")),
            values=form.cleaned_data,
            lines=page.edits(rows),
            actor=page.request.user,
            freed=page.hours_to_free(rows),
        )
        sheet = sheet_of(saved)
        transaction.set_rollback(True)
    return sheet
