"""Hours and charges to invoice, first step: what there is, and which of it is meant."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.lists import is_list_request
from invoicing.domain.composing import selections
from invoicing.domain.composing.selections import Picked, Selected
from invoicing.models import Composition
from invoicing.selectors import composing
from invoicing.selectors.composing import By, Share
from invoicing.selectors.prepaid import left_of
from tenants.access import TenantRequest, permission_required
from tenants.models import Tenant
from tenants.roles import Permission
from timesheets.domain import settling
from timesheets.errors import NothingThere
from timesheets.models import Charge, TimeEntry
from timesheets.requested import number_of
from timesheets.selectors.charges import charge_rows
from timesheets.selectors.entries import entry_rows
from timesheets.selectors.selection import TICKED
from timesheets.views.charges.filters import ChargeFilter
from timesheets.views.entries.filters import EntryFilter
from timesheets.work_filters import ALL_STATES, UNBILLED
from timesheets.work_kinds import CHARGES, HOURS, KINDS, OF, WorkKind

MAKE = permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
ENTRIES_PER_PAGE = 100
OPEN_WORK = "open"


@require_POST
@MAKE
def compose_start(request: TenantRequest) -> HttpResponse:
    """Keep what the address of the time report or of the list of charges (`?of=charges`) names, or
    what is ticked in it.

    `?since=open` asks for the days of all that is open instead of a period.
    """
    query = _asked(request)
    composition = Composition(query=query.urlencode())
    customers = composing.customers_of(composition, request.membership)
    if not customers:
        messages.warning(request, _("There is nothing among these that you may invoice."))
        return redirect(request.headers.get("referer") or reverse(kind_of(query).list))
    with_work = [one for one in customers if one.billable.count]
    alone = customers if len(customers) == 1 else with_work if len(with_work) == 1 else []
    kept = selections.start_selection(
        composing.works_of(composition, request.membership),
        query=composition.query,
        customer=alone[0].customer if alone else None,
        actor=request.user,
    )
    return redirect("invoicing:compose", kept.pk)


@require_GET
@MAKE
def compose(request: TenantRequest, pk: int) -> HttpResponse:
    """The overview; while no customer is chosen, the customers there are."""
    composition = composition_or_404(request, pk)
    if composition.customer is None:
        return _customers_page(request, composition)
    return _overview_page(request, composition)


@require_POST
@MAKE
def compose_look(request: TenantRequest, pk: int) -> HttpResponse:
    """Take the work as it is now; what was ticked out stays out."""
    composition = composition_or_404(request, pk)
    selections.look_again(composition, composing.works_of(composition, request.membership))
    if is_list_request(request):
        return _overview_page(request, composition, part="#overview")
    return redirect("invoicing:compose", composition.pk)


@require_POST
@MAKE
def compose_customer(request: TenantRequest, pk: int) -> HttpResponse:
    """Choose one of several customers, or with none of them look at all again."""
    composition = composition_or_404(request, pk)
    wanted = number_of(request.POST.get("customer"))
    found = {
        one.customer.pk: one.customer
        for one in composing.customers_of(composition, request.membership)
    }
    customer = found.get(wanted or 0)
    works = composing.all_works_of(composition, request.membership)
    selections.choose_customer(composition, customer, works)
    return redirect("invoicing:compose", composition.pk)


@require_GET
@MAKE
def compose_entries(request: TenantRequest, pk: int) -> HttpResponse:
    """Open a row of the overview: the hours it is made of, then the charges."""
    composition = composition_or_404(request, pk)
    share, by, key = _share(request), _by(request, composition), request.GET.get("group", "")
    found = composing.works_of_group(composition, request.membership, share=share, by=by, key=key)
    page: Page[Any] = Paginator(Both(found), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    shown: list[Any] = list(page.object_list)
    hours = [work for work in shown if isinstance(work, TimeEntry)]
    charges = [work for work in shown if isinstance(work, Charge)]
    out = Picked.of_keys(composition.excluded)
    context = {
        "composition": composition,
        "share": share,
        "by": by,
        "key": key,
        "page": page,
        "may_make_billable": settling.may_take(settling.Step.BILLABLE, request.membership),
        "rows": [
            (row, row.entry.pk not in out.entries) for row in entry_rows(hours, request.membership)
        ],
        "charge_rows": [
            (row, row.charge.pk not in out.charges)
            for row in charge_rows(charges, request.membership)
        ],
    }
    template = "invoicing/compose_entries.html"
    return render(request, template + ("#entries" if is_list_request(request) else ""), context)


@require_POST
@MAKE
def compose_tick(request: TenantRequest, pk: int) -> HttpResponse:
    """Take an entry (`?entry=`), a charge (`?charge=`), a row (`?group=`) or everything in, with
    `on`, or out."""
    composition = composition_or_404(request, pk)
    key = request.GET.get("group", "")
    works = _asked_works(request, composition, Share.BILLABLE)
    keys = composing.billable_keys(works)
    selections.tick(composition, keys, is_in=bool(request.POST.get("on")))
    if not is_list_request(request):
        return redirect("invoicing:compose", composition.pk)
    if "group" not in request.GET:
        return _overview_page(request, composition, part="#overview")
    return _overview_page(request, composition, part="#ticked", key=key)


@require_POST
@MAKE
def compose_billable(request: TenantRequest, pk: int) -> HttpResponse:
    """Make an entry, a charge or all of a row billable, by whoever may write them."""
    composition = composition_or_404(request, pk)
    done, refused = [], str(NothingThere())
    for kind, works in zip(
        (HOURS, CHARGES), _asked_works(request, composition, Share.NOT_BILLABLE), strict=True
    ):
        if not works.exists():
            continue
        try:
            taken = settling.settle(works, step=settling.Step.BILLABLE, actor=request.membership)
            done.append(kind.counted(taken.count))
        except DomainError as refusal:
            refused = str(refusal)
    if done:
        refused = ""
        text = _("Billable now: %(works)s.") % {"works": ", ".join(done)}
        messages.success(request, text)
        selections.look_again(composition, composing.works_of(composition, request.membership))
    if is_list_request(request):
        return _overview_page(
            request,
            composition,
            part="#overview",
            refused=refused,
            status=422 if refused else 200,
        )
    if refused:
        messages.warning(request, refused)
    return redirect("invoicing:compose", composition.pk)


def _asked_works(request: TenantRequest, composition: Composition, share: Share) -> Selected:
    """Those of the row that the address names, or of all rows; or the one that it names."""
    works = composing.works_of(composition, request.membership)
    if "group" in request.GET:
        works = composing.works_of_group(
            composition,
            request.membership,
            share=share,
            by=_by(request, composition),
            key=request.GET["group"],
        )
    if "entry" in request.GET:
        one = works.entries.filter(pk=number_of(request.GET["entry"]) or 0)
        return Selected(one, works.charges.none())
    if "charge" in request.GET:
        one = works.charges.filter(pk=number_of(request.GET["charge"]) or 0)
        return Selected(works.entries.none(), one)
    return works


class Both(Sequence[Any]):
    """Hours, then charges, as one list to be paged."""

    def __init__(self, works: Selected) -> None:
        self.entries = works.entries.select_related("member", "project__customer", "task")
        self.charges = works.charges.select_related("member", "project", "customer")
        self.first_charge = self.entries.count()

    def __len__(self) -> int:
        return self.first_charge + self.charges.count()

    def __getitem__(self, page: Any) -> Any:
        start, stop = page.start - self.first_charge, page.stop - self.first_charge
        found = list(self.entries[page]) if start < 0 else []
        return found + (list(self.charges[max(start, 0) : stop]) if stop > 0 else [])


def composition_or_404(request: TenantRequest, pk: int, **annotations: Any) -> Composition:
    """Everybody has their own."""
    found = Composition.objects.select_related("customer", "draft").annotate(**annotations)
    composition: Composition = get_object_or_404(found, pk=pk, created_by=request.user)
    return composition


def steps(composition: Composition, here: str) -> list[dict[str, Any]]:
    """The two pages of the way, as tabs."""
    return [
        {
            "label": label,
            "url": reverse(f"invoicing:{name}", args=[composition.pk]),
            "active": name == here,
        }
        for name, label in (("compose", _("1. Work")), ("compose_lines", _("2. Lines")))
    ]


def heading(request: TenantRequest, composition: Composition) -> dict[str, Any]:
    """What both pages say above their tabs."""
    kind = kind_of(QueryDict(composition.query))
    return {
        "composition": composition,
        "kind": kind,
        "selection": composing.selection_words(composition, request.membership),
        "selection_url": f"{reverse(kind.list)}?{composition.query}",
    }


def _overview_page(
    request: TenantRequest,
    composition: Composition,
    *,
    part: str = "",
    key: str = "",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    by, share = _by(request, composition), _share(request)
    found = composing.overview(composition, request.membership, shown=share, by=by)
    context = {
        "overview": found,
        "by": by,
        "share": share,
        "choices": By.choices,
        "currency": composition.customer.currency if composition.customer else "",
        "may_make_billable": settling.may_take(settling.Step.BILLABLE, request.membership),
        "group": next((group for group in found.groups if group.key == key), None),
        "refused": refused,
        "composition": composition,
    }
    if not part and is_list_request(request):
        part = "#overview"
    if part != "#ticked":
        works = composing.works_of(composition, request.membership)
        context["changes"] = selections.changes(composition, works) or None
    if not part:
        context |= heading(request, composition) | {
            "tabs": steps(composition, "compose"),
            "prepaid_minutes": left_of(
                composition.customer_id or 0, request.membership, timezone.localdate()
            ),
        }
    return render(request, f"invoicing/compose.html{part}", context, status=status)


def _customers_page(request: TenantRequest, composition: Composition) -> HttpResponse:
    found = composing.customers_of(composition, request.membership)
    context = {
        **heading(request, composition),
        "customers": found,
        "with_work": sum(1 for one in found if one.billable.ticked),
        "unlocked": sum(one.billable.unlocked for one in found),
        "warns": request.tenant.unlocked_hours == Tenant.UnlockedHours.WARN,
    }
    return render(request, "invoicing/compose_customers.html", context)


def _asked(request: TenantRequest) -> QueryDict:
    kind = kind_of(request.GET)
    if TICKED in request.POST:
        query = QueryDict(mutable=True)
        query[OF], query[TICKED] = kind.name, "1"
        query.setlist("pk", [text for text in request.POST.getlist("pk") if number_of(text)])
        return query
    query = request.GET.copy()
    for name in ("page", "sort"):
        query.pop(name, None)
    since = query.pop("since", [""])[-1]
    if since == OPEN_WORK:
        period = composing.days_of_open_work(query, request.membership)
        if period is not None:
            query["start"], query["end"] = period.start.isoformat(), period.end.isoformat()
    if query.get("state", UNBILLED) in ("", UNBILLED):
        # The list leaves out what is billed; here it stands beside the rest.
        query["state"] = ALL_STATES
    # What was this month when it was looked at stays that month.
    filters: Any = ChargeFilter if kind is CHARGES else EntryFilter
    filled: Any = filters(query, queryset=kind.model._default_manager.none()).data
    return filled  # type: ignore[no-any-return]


def kind_of(query: QueryDict) -> WorkKind:
    """Of which list the address is."""
    return KINDS.get(query.get(OF, ""), HOURS)


def _share(request: TenantRequest) -> Share:
    asked = request.GET.get("share", "")
    return Share(asked) if asked in Share.values else Share.BILLABLE


def _by(request: TenantRequest, composition: Composition) -> By:
    """As asked for, as the time report was grouped, or by project."""
    for asked in (request.GET.get("by"), *QueryDict(composition.query).getlist("group")):
        if asked in By.values:
            return By(asked)
    return By.PROJECT
