"""Hours and charges to invoice, second step: the lines they make, and onto which draft."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from invoicing import errors
from invoicing.domain.composing import selections
from invoicing.domain.composing.options import MOST_DIMENSIONS
from invoicing.domain.composing.selections import Accept, Changes, Ticked
from invoicing.domain.composing.texts import PLACEHOLDERS
from invoicing.models import Composition, Invoice
from invoicing.selectors import compose_preview, composing
from invoicing.selectors.compose_preview import Shown, shown
from invoicing.selectors.composing import By
from invoicing.views.compose.forms import NEW, LinesForm, initial_of
from invoicing.views.compose.overview import MAKE, composition_or_404, heading, steps
from tenants.access import TenantRequest
from tenants.models import Tenant

# `unlocked=ok`: the person was told whose hours are not locked.
CONFIRMED = "ok"
LOOK = "look"


@require_http_methods(["GET", "POST"])
@MAKE
def compose_lines(request: TenantRequest, pk: int) -> HttpResponse:
    """The lines as they would be; posted, they are made."""
    before = compose_preview.options_before("customer")
    page = LinesPage(request, composition_or_404(request, pk, **before))
    if page.composition.customer is None:
        return redirect("invoicing:compose", pk)
    if request.method == "GET":
        return page.show(page.proposed_form(), changes=page.ticked.changes or None)
    form = page.form(request.POST)
    if not form.is_valid():
        return page.show(form, status=422)
    try:
        draft = page.make(form)
    except DomainError as refusal:
        return page.refuse(form, refusal)
    return page.made(draft)


@require_POST
@MAKE
def compose_preview_lines(request: TenantRequest, pk: int) -> HttpResponse:
    """The lines of other choices. `do=look` takes the work as it is now; else, where they are
    not those that were shown, it is said."""
    page = LinesPage(request, composition_or_404(request, pk))
    if page.composition.customer is None:
        return redirect("invoicing:compose", pk)
    if request.POST.get("do") == LOOK:
        selections.look_again(page.composition, page.works)
    form = page.form(request.POST)
    return page.show(form, changes=page.ticked.changes or None)


class LinesPage:
    """One request's view of one selection's lines."""

    def __init__(self, request: TenantRequest, composition: Composition) -> None:
        self.request = request
        self.composition = composition
        self.works = composing.works_of(composition, request.membership)

    @cached_property
    def ticked(self) -> Ticked:
        return selections.read_ticked(self.composition, self.works)

    @cached_property
    def drafts(self) -> list[Invoice]:
        """Onto which the work may come."""
        assert self.composition.customer is not None
        return compose_preview.drafts_to_add_to(self.composition.customer, self.request.membership)

    def form(self, data: QueryDict | None = None, **kwargs: Any) -> LinesForm:
        customer = self.composition.customer
        assert customer is not None
        projects = self.ticked.names.projects.values()
        words = compose_preview.terms_in_words(projects, customer, self.request.tenant)
        return LinesForm(
            data,
            drafts=compose_preview.draft_choices(self.drafts),
            grouped_by=self.grouped_by,
            rounding_words=words.rounding,
            day_words=words.day,
            **kwargs,
        )

    @property
    def grouped_by(self) -> tuple[By, ...]:
        """As the time report was grouped; by customer makes no lines, an invoice has one."""
        asked = QueryDict(self.composition.query).getlist("group")
        return tuple(By(name) for name in asked if name in By.values)[:MOST_DIMENSIONS]

    def proposed_form(self) -> LinesForm:
        """As this selection was looked at last, or as the customer's hours were last time."""
        composition = self.composition
        assert composition.customer is not None
        options = compose_preview.chosen_before(composition)
        initial = initial_of(options, grouped_by=self.grouped_by)
        if composition.draft is not None and composition.draft.is_draft:
            initial["draft"] = str(composition.draft.pk)
        # As if it had been sent: its choices make the lines that are shown.
        data = QueryDict(mutable=True)
        data.update({name: value for name, value in initial.items() if value not in (False, "")})
        return self.form(data)

    def show(
        self, form: LinesForm, *, status: int = 200, changes: Changes | None = None
    ) -> HttpResponse:
        """The whole page, for htmx the lines only, or both sides where marks come or go.

        A form that was sent comes back as it came.
        """
        request, composition = self.request, self.composition
        context = {
            "form": form,
            "preview": self._preview(form),
            "changes": changes,
            "to_draft": str(form["draft"].value() or NEW) != NEW,
            "placeholders": [f"{{{name}}}" for name in PLACEHOLDERS],
            "warns": request.tenant.unlocked_hours == Tenant.UnlockedHours.WARN,
            "composition": composition,
        }
        if form.errors:
            status = 422
        if "HX-Request" not in request.headers:
            context |= heading(request, composition) | {"tabs": steps(composition, "compose_lines")}
            return render(request, "invoicing/compose_lines.html", context, status=status)
        both = form.errors or "marked" in request.POST
        part = "result" if both else "preview"
        response = render(request, f"invoicing/compose_lines.html#{part}", context, status=status)
        if both:
            response["HX-Retarget"] = "#compose-result"
        return response

    def _preview(self, form: LinesForm) -> Shown:
        customer = self.composition.customer
        assert customer is not None
        if not form.is_valid():
            return Shown(customer.currency, refused=_("Correct the marked choices first."))
        try:
            found = selections.preview(
                self.ticked,
                options=form.options(),
                draft=self.draft_of(form),
                tenant=self.request.tenant,
            )
        except DomainError as refusal:
            if form.refuse_at_field(refusal):
                return Shown(customer.currency, refused=_("Correct the marked choices first."))
            return Shown(customer.currency, refused=str(refusal))
        return shown(found)

    def draft_of(self, form: LinesForm) -> Invoice | None:
        """The draft that was chosen; None is a new one. Gone meanwhile is refused."""
        chosen = form.cleaned_data["draft"] or NEW
        if chosen == NEW:
            return None
        draft = next((one for one in self.drafts if one.pk == int(chosen)), None)
        if draft is None:
            raise errors.InvoiceGone
        return draft

    def make(self, form: LinesForm) -> Invoice:
        sent = self.request.POST
        accept = sent.get("accept", "")
        return selections.draft_selection(
            self.composition,
            options=form.options(),
            selected=self.works,
            actor=self.request.user,
            draft=self.draft_of(form),
            accept=Accept(accept) if accept in set(Accept) else Accept.NOTHING,
            allow_unlocked=sent.get("unlocked") == CONFIRMED,
        )

    def made(self, draft: Invoice) -> HttpResponse:
        sentence = (
            _("The work is on %(draft)s.")
            if self.request.POST.get("draft") != NEW
            else _("The draft for %(name)s is made.")
        )
        messages.success(self.request, sentence % {"draft": draft, "name": draft.billing_name})
        return redirect("invoicing:draft_edit", draft.pk)

    def refuse(self, form: LinesForm, refusal: DomainError) -> HttpResponse:
        """The form as it came, with the reason where it belongs; changed work with the choice."""
        if isinstance(refusal, errors.WorkChanged):
            return self.show(form, status=422, changes=refusal.changes)
        form.refuse(refusal)
        return self.show(form, status=422)
