"""The page behind the link to a quotation: no session, no cookie, one quotation, one decision.

It is rendered without the request, as the page of documents is. The link is all there is to prove,
so a decision needs no token against forgery: who can make a browser send one knows the link.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from core.root_urls import root_reverse
from invoicing.documents.figures import Figures
from invoicing.documents.quotation_words import QUOTATION_WORDS
from invoicing.documents.quotations import printed_quotation
from invoicing.documents.storing import plain_name
from invoicing.documents.words import words_of
from invoicing.domain.quotations.deciding import accept_quotation, decline_quotation
from invoicing.domain.quotations.links import OpenedQuotation, note_opening, opened_quotation
from invoicing.models import QuotationState
from invoicing.quotation_errors import DeciderMissing, QuotationRefused
from invoicing.views.customer_page.pages import for_strangers

PAGE = "invoicing/quotations/customer.html"


@csrf_exempt
@require_http_methods(["GET", "POST"])
@for_strangers
def quotation_page(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    with opened_quotation(token, now=now) as link:
        if request.method == "POST":
            refusal = _decided(request, link)
            if refusal:
                return _shown(link, token, request, refusal=refusal, status=422)
            return HttpResponseRedirect(root_reverse("quotation_page", token))
        note_opening(link.quotation, now=now)
        return _shown(link, token, request)


@require_GET
@for_strangers
def quotation_file(request: HttpRequest, token: str) -> HttpResponse:
    """The paper as it went out."""
    with opened_quotation(token) as link:
        try:
            with link.quotation.file.open("rb") as file:
                content = file.read()
        except FileNotFoundError:
            raise Http404 from None
        name = plain_name(link.quotation.label)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _decided(request: HttpRequest, link: OpenedQuotation) -> str:
    """Write the decision down; or why it was not."""
    words = QUOTATION_WORDS[link.quotation.language]
    name, now = request.POST.get("name", ""), timezone.now()
    is_declined = request.POST.get("do") == "decline"
    if not is_declined and request.POST.get("agreed") != "on":
        return words.agree_missing
    try:
        if is_declined:
            reason = request.POST.get("reason", "")
            decline_quotation(link.quotation.pk, name=name, reason=reason, now=now)
        else:
            accept_quotation(link.quotation.pk, name=name, now=now)
    except DeciderMissing:
        return words.name_missing
    except QuotationRefused:
        # Decided, replaced or expired meanwhile: the page says which.
        link.quotation.refresh_from_db()
        return _outcome(link)
    return ""


def _outcome(link: OpenedQuotation) -> str:
    quotation = link.quotation
    words = QUOTATION_WORDS[quotation.language]
    figures = Figures(words_of(quotation.language), quotation.currency)
    match quotation.state_on(timezone.localdate()):
        case QuotationState.ACCEPTED | QuotationState.DECLINED as state:
            assert quotation.decided_at is not None
            day = figures.day(timezone.localdate(quotation.decided_at))
            said = words.accepted if state == QuotationState.ACCEPTED else words.declined
            return said.format(quotation.decided_name, day)
        case QuotationState.EXPIRED:
            return words.expired.format(figures.day(quotation.valid_until))
        case QuotationState.REPLACED:
            return words.replaced
    return ""


def _shown(
    link: OpenedQuotation,
    token: str,
    request: HttpRequest,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    quotation = link.quotation
    outcome = _outcome(link)
    context: dict[str, Any] = {
        "token": token,
        "own": QUOTATION_WORDS[quotation.language],
        "language": quotation.language,
        "company": quotation.seller["legal_name"] or quotation.seller["name"],
        "quotation": quotation,
        "doc": printed_quotation(quotation),
        "outcome": outcome,
        "is_open": not outcome,
        "is_accepted": quotation.state_on(timezone.localdate()) == QuotationState.ACCEPTED,
        "refusal": "" if refusal == outcome else refusal,
        "typed": {
            "name": request.POST.get("name", "")[:80],
            "reason": request.POST.get("reason", "")[:500],
            "agreed": request.POST.get("agreed") == "on",
        },
    }
    return HttpResponse(render_to_string(PAGE, context), status=status)
