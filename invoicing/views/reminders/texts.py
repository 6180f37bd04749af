"""The words of reminders in the settings: by level and language, with a preview."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.places import DocumentLanguage
from invoicing.domain.customer_access import example_link
from invoicing.domain.reminding.proposing import Proposal, proposal_of, proposals
from invoicing.domain.reminding.sending import reminder_of
from invoicing.domain.reminding.words import (
    REMINDER_PLACEHOLDERS,
    check_words,
    own_words,
    reminder_wording,
    reset_words,
    save_words,
    with_amounts,
    words_for,
)
from invoicing.domain.sending.own_words import refuse_wider_link
from invoicing.domain.sending.wording import Wording
from invoicing.views.reminders.letters import NO_TOKEN
from invoicing.views.reminders.settings import TEXT_LEVELS
from invoicing.views.sending.mail_texts import WordingForm
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.MANAGE_SETTINGS)


@require_http_methods(["GET", "POST"])
@EDIT
def reminder_text(request: TenantRequest, words: str) -> HttpResponse:
    level, language = _named(words)
    if request.method == "POST":
        form = WordingForm(request.POST)
        if form.is_valid():
            try:
                refuse_wider_link(request.membership, form.wording)
                save_words(level, language, form.wording, actor=request.user)
            except DomainError as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, _("The text is saved."))
                return redirect("invoicing:reminder_settings")
    else:
        now = words_for(level, language)
        form = WordingForm(initial={"subject": now.subject, "text": now.text})
    context = {
        "form": form,
        "words": words,
        "level": level,
        "written_language": DocumentLanguage(language).label,
        "is_own": (level, language) in own_words(),
        "placeholders": REMINDER_PLACEHOLDERS,
        "tabs": settings_tabs(request.membership, "reminders"),
        **_preview_of(request, form, level, language),
    }
    status = 422 if form.errors else 200
    return render(request, "invoicing/reminders/text.html", context, status=status)


@require_POST
@EDIT
def reminder_text_preview(request: TenantRequest, words: str) -> HttpResponse:
    """The typed words for an overdue invoice; nothing is kept."""
    form = WordingForm(request.POST)
    form.is_valid()
    context = _preview_of(request, form, *_named(words))
    return render(request, "invoicing/send_preview.html", context)


@require_POST
@EDIT
def reminder_text_reset(request: TenantRequest, words: str) -> HttpResponse:
    level, language = _named(words)
    reset_words(level, language, actor=request.user)
    messages.success(request, _("The program's own words are used again."))
    return redirect("invoicing:words_edit", words)


def _named(words: str) -> tuple[int, str]:
    """`2-fi`."""
    level, _dash, language = words.partition("-")
    if level not in map(str, TEXT_LEVELS) or language not in DocumentLanguage.values:
        raise Http404
    return int(level), language


def _preview_of(
    request: TenantRequest, form: WordingForm, level: int, language: str
) -> dict[str, Any]:
    wording = Wording(str(form["subject"].value() or ""), str(form["text"].value() or ""))
    try:
        check_words(wording)
    except DomainError as refused:
        return {"preview_refusal": str(refused), "invoice": None}
    example = _example(request)
    if example is None:
        return {"preview": wording, "invoice": None, "written_in": language}
    example.invoice.language = language
    example = replace(example, level=level)
    written = reminder_wording(example, wording, link=example_link)
    letter = reminder_of(example, written, token=NO_TOKEN, actor=None)
    text = with_amounts(written.text, letter, example.invoice)
    return {
        "preview": Wording(written.subject, text),
        "invoice": example.invoice,
        "written_in": language,
    }


def _example(request: TenantRequest) -> Proposal | None:
    """An overdue invoice that this person may see, with what its next reminder asks for."""
    if not request.membership.may(Permission.VIEW_INVOICE):
        return None
    today = timezone.localdate()
    found = proposals(today)
    return proposal_of(found[0].invoice.pk, today) if found else None
