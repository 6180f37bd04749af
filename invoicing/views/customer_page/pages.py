"""The page behind a customer's link: no session, no cookie, nothing but their own documents.

It is rendered without the request, so that no context processor can bring anything of ours along.
The link is all there is to prove, so a question needs no token against forgery: who can make a
browser send one knows the link already.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from core.addresses import LONGEST
from core.rate_limits import is_too_often
from core.root_urls import root_reverse
from core.templatetags.figures import hours
from invoicing import errors
from invoicing.documents.media_types import media_type
from invoicing.documents.printed import seller_of
from invoicing.documents.storing import (
    StoredFileDamaged,
    plain_name,
    stored_bytes,
    stored_document,
    stored_einvoice,
)
from invoicing.domain.customer_access import Opened, ask, note_opening, opened
from invoicing.models import Invoice, InvoiceFile
from invoicing.selectors.customer_page import documents_of, open_sums, rows_of, shown_document
from invoicing.selectors.prepaid import prepaid_of_customer
from invoicing.views.customer_page.words import WORDS, PageWords

PAGE = "invoicing/customer_page/page.html"
MESSAGE = "invoicing/customer_page/message.html"
PAGES_A_MINUTE = 60
MOST_DIGITS = 6
# Somebody who tries links out.
WRONG_A_MINUTE = 10
POLICY = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
logger = logging.getLogger(__name__)

type View[**P] = Callable[Concatenate[HttpRequest, str, P], HttpResponse]


class QuestionForm(forms.Form):
    text = forms.CharField(max_length=2000)
    name = forms.CharField(max_length=80, required=False)
    email = forms.EmailField(required=False, max_length=LONGEST)


def for_strangers[**P](view: View[P]) -> View[P]:
    """Limits, headers and refusals that every answer here has."""

    @wraps(view)
    @csp_override(POLICY)
    def guarded(
        request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if is_too_often(request, "customer-page", most=PAGES_A_MINUTE):
            response = _message(429, "too_often")
        else:
            try:
                response = view(request, token, *args, **kwargs)
            except errors.LinkExpired:
                response = _message(410, "expired")
            except errors.LinkInvalid:
                too_often = is_too_often(request, "customer-link", most=WRONG_A_MINUTE)
                response = _message(429, "too_often") if too_often else _message(404, "not_valid")
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        # The address is the key: it goes nowhere else, and nothing is kept on the way.
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store, private"
        return response

    return guarded  # type: ignore[return-value]


@csrf_exempt
@require_http_methods(["GET", "POST"])
@for_strangers
def customer_page(request: HttpRequest, token: str, pk: int | None = None) -> HttpResponse:
    """One document of the customer, what is open, and the others."""
    now = timezone.now()
    with opened(token, now=now) as link:
        invoice = documents_of(link.access).filter(pk=pk or link.access.invoice_id).first()
        if invoice is None:
            raise errors.LinkInvalid
        if request.method == "POST":
            refused = _asked(request, link, invoice)
            if refused:
                return _shown(link, invoice, token, refused, status=422)
            here = root_reverse("customer_document", token, invoice.pk)
            return HttpResponseRedirect(f"{here}?asked")
        note_opening(link.access, now=now)
        context = {"is_asked": "asked" in request.GET}
        return _shown(link, invoice, token, context, page=_page_in(request))


@require_GET
@for_strangers
def customer_pdf(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The stored file, proved by its hash, or a sentence that it is still being made."""
    return _file(token, pk, stored_document, how="inline")


@require_GET
@for_strangers
def customer_xml(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The e-invoice, for those who read it with a program."""
    return _file(token, pk, stored_einvoice, how="attachment")


def _file(
    token: str, pk: int, stored_of: Callable[[Invoice], InvoiceFile | None], *, how: str
) -> HttpResponse:
    with opened(token) as link:
        invoice = documents_of(link.access).filter(pk=pk).first()
        if invoice is None:
            raise errors.LinkInvalid
        stored = stored_of(invoice)
        if stored is None:
            return _shown(link, invoice, token, {}, status=202)
        try:
            content = stored_bytes(stored)
        except StoredFileDamaged:
            logger.exception("The file of %s cannot be handed out", invoice.number)
            return _message(500, "not_valid")
    # Only a PDF is shown; XML and files of office programs are for other programs.
    response = HttpResponse(content, content_type=media_type(stored.kind))
    name = plain_name(str(invoice.number))
    how = how if stored.kind == InvoiceFile.Kind.PDF else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{name}.{stored.kind}"'
    return response


def _asked(request: HttpRequest, link: Opened, invoice: Any) -> dict[str, Any]:
    """Keep the question; or what the page shows of why it was not kept."""
    words = WORDS[invoice.language]
    form = QuestionForm(request.POST)
    typed = {name: request.POST.get(name, "")[:2000] for name in ("text", "name", "email")}
    if not form.is_valid():
        wrong = words.wrong_email if "email" in form.errors else words.empty_question
        return {"refusal": wrong, "typed": typed}
    try:
        ask(link.access, invoice, **form.cleaned_data)
    except errors.TooManyQuestions:
        return {"refusal": words.too_many, "typed": typed}
    return {}


def _page_in(request: HttpRequest) -> int:
    """Whoever types an address gets the first page for what is no number of one."""
    typed = request.GET.get("page", "")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS
    return max(int(typed), 1) if is_number else 1


def _shown(
    link: Opened,
    invoice: Any,
    token: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    page: int = 1,
) -> HttpResponse:
    language, today = invoice.language, timezone.localdate()
    seller = seller_of(invoice)
    context |= {
        "token": token,
        "words": WORDS[language],
        "language": language,
        "company": seller["legal_name"] or seller["name"],
        "company_email": seller["email"],
        "company_phone": seller["phone"],
        "customer": invoice.billing_name,
        "shown": shown_document(invoice, language=language, on=today),
        "listed": rows_of(link.access, page=page, language=language, on=today),
        "open_sums": open_sums(link.access, language=language),
        "prepaid": [
            (
                one.line.text,
                WORDS[language].prepaid_left.format(
                    left=hours(one.left_minutes), bought=hours(one.bought_minutes)
                ),
            )
            for one in prepaid_of_customer(link.access.customer_id, on=today)
        ],
    }
    return HttpResponse(render_to_string(PAGE, context), status=status)


def _message(status: int, what: str) -> HttpResponse:
    """Without a company there is no language but the browser's."""
    language = (translation.get_language() or "en").partition("-")[0]
    language = language if language in WORDS else "en"
    words: PageWords = WORDS[language]
    context = {
        "language": language,
        "title": getattr(words, f"{what}_title"),
        "text": getattr(words, what),
    }
    return HttpResponse(render_to_string(MESSAGE, context), status=status)
