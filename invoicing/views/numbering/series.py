"""Number series: the list in the settings, the form with its preview, the proof of continuity."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.forms import add_refusal
from core.lists import is_list_request, sorted_as_asked
from invoicing import errors
from invoicing.domain.numbering.continuity import WindowReport, continuity, placeless
from invoicing.domain.numbering.editing import retire_series, save_series
from invoicing.models import DocumentKind, Invoice, NumberSeries, SkippedNumbers
from invoicing.views.numbering.forms import KINDS, SeriesForm, example_field
from invoicing.views.numbering.page import Preview, SeriesRow, preview_of, series_rows, window_words
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

SEE = permission_required(Permission.MANAGE_NUMBERING, Permission.VIEW_INVOICE)
EDIT = permission_required(Permission.MANAGE_NUMBERING)
SERIES_SORTS: Mapping[str, Callable[[SeriesRow], Any]] = {
    "use": lambda row: (
        row.series.kind != DocumentKind.INVOICE,
        not row.series.is_default,
        not row.series.is_in_use,
    ),
    "name": lambda row: row.series.name.casefold(),
    "format": lambda row: row.series.format,
    "next": lambda row: row.next_number,
}
REPORT_SORTS: Mapping[str, Callable[[WindowReport], Any]] = {
    "first": lambda report: report.first_date,
    "last": lambda report: report.last_date,
    "documents": lambda report: report.count,
    "skipped": lambda report: report.skipped,
    "gaps": lambda report: report.missing,
    "duplicates": lambda report: report.duplicates,
    "state": lambda report: report.is_sound,
}


@require_GET
@SEE
def series_list(request: TenantRequest) -> HttpResponse:
    context = {
        "rows": _sorted_rows(request),
        "default_sort": "use",
        "tabs": settings_tabs(request.membership, "numbering"),
    }
    template = "invoicing/series_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def series_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for row in _sorted_rows(request):
            one = row.series
            yield [one.name, one.get_kind_display(), _purpose(one), one.format, row.next_number]

    return list_file(
        request,
        kind,
        name="number-series",
        title=_("Number series"),
        head=[_("Series"), _("Documents"), _("For"), _("Format"), _("Next number")],
        rows=rows,
    )


@require_http_methods(["GET", "POST"])
@EDIT
def series_new(request: TenantRequest) -> HttpResponse:
    """`?kind=credit_note` chooses the kind of documents."""
    kind = request.GET.get("kind", "")
    blank = NumberSeries(
        tenant=request.tenant,
        kind=kind if kind in KINDS else DocumentKind.INVOICE,
        format="A-{Y}-{cy,4}",
        is_default=False,
    )
    return _form_view(request, blank)


@require_http_methods(["GET", "POST"])
@EDIT
def series_edit(request: TenantRequest, pk: int) -> HttpResponse:
    series = get_object_or_404(NumberSeries.objects.all(), pk=pk)
    if series.given_by:
        return redirect("invoicing:series_report", pk)
    return _form_view(request, series)


@require_POST
@EDIT
def series_preview(request: TenantRequest) -> HttpResponse:
    """The next five numbers while typing; `?series=7` is the one that is changed."""
    key = request.GET.get("series", "")
    series = NumberSeries(tenant=request.tenant, is_default=False)
    if key.isdecimal() and len(key) < 19:
        series = get_object_or_404(NumberSeries.objects.all(), pk=key)
    form = SeriesForm(request.POST, instance=series)
    form.is_valid()  # what can be read of it is shown, whatever else is wrong
    preview = _preview(request, form, request.POST)
    return render(request, "invoicing/series_form.html#preview", _preview_context(preview))


@require_POST
@EDIT
def series_remove(request: TenantRequest, pk: int) -> HttpResponse:
    series = get_object_or_404(NumberSeries.objects.all(), pk=pk)
    try:
        was_deleted = retire_series(series, actor=request.user)
    except errors.SeriesRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("invoicing:series_list")
    sentence = _("“%(name)s” is deleted.") if was_deleted else _("“%(name)s” is out of use.")
    messages.success(request, sentence % {"name": series.name})
    return redirect("invoicing:series_list")


@require_GET
@SEE
def series_report(request: TenantRequest, pk: int) -> HttpResponse:
    series = get_object_or_404(
        NumberSeries.objects.select_related("customer_group", "project"), pk=pk
    )
    reports = continuity([series])
    ordered = sorted_as_asked(reports, request.GET.get("sort", ""), REPORT_SORTS, default="-last")
    page = Paginator(ordered, 50).get_page(request.GET.get("page"))
    words = window_words(report.window for report in page)
    context = {
        "series": series,
        "page": page,
        "rows": [(words[report.window], report) for report in page],
        "documents": series.documents.count()
        if series.given_by
        else sum(report.count for report in reports),
        "missing": sum(report.missing for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
        "skipped": sum(report.skipped for report in reports),
        "placeless": placeless(series),
        "default_sort": "-last",
        "gaps": [(words[one.window], gap) for one in page for gap in one.gaps[:20]],
        "tabs": settings_tabs(request.membership, "numbering"),
    }
    template = "invoicing/series_report.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def series_proof(request: TenantRequest, pk: int, kind: str) -> HttpResponseBase:
    """Every number with its place, and the places that were passed over, in their order."""
    series = get_object_or_404(NumberSeries.objects.all(), pk=pk)
    head = [
        _("Counter"), _("Place"), _("Number"), _("Document date"), _("Customer"), _("Posted"),
        _("Format"), _("Position in the chain"), "SHA-256", _("Remark"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name=f"continuity-{series.pk}",
        title=_("Continuity"),
        head=head,
        rows=lambda: _proof_rows(series),
        count=lambda: series.documents.count() + series.skipped.count(),
    )


def _proof_rows(series: NumberSeries) -> Iterator[list[Any]]:
    documents = Invoice.objects.filter(series=series, number__isnull=False)
    windows = {*documents.order_by().values_list("number_window", flat=True).distinct()} - {""}
    skipped = list(SkippedNumbers.objects.filter(series=series).order_by("window", "first", "pk"))
    words = window_words(windows | {one.window for one in skipped})
    found = documents.order_by("number_window", "number_count", "chain_position").values_list(
        "number_window", "number_count", "number", "issue_date", "billing_name", "posted_at",
        "number_format", "chain_position", "content_hash",
    )  # fmt: skip
    for window, *cells in found.iterator(chunk_size=2000):
        yield [words.get(window, ""), *cells, ""]
    for one in skipped:
        places = str(one.first) if one.first == one.last else f"{one.first}–{one.last}"
        yield [
            words[one.window], places, "", "", "", one.at, "", "", "", one.get_reason_display(),
        ]  # fmt: skip


def _sorted_rows(request: TenantRequest) -> list[SeriesRow]:
    found = NumberSeries.objects.select_related("customer_group", "project__customer")
    rows = series_rows(list(found.order_by("name", "pk")), day=timezone.localdate())
    return sorted_as_asked(rows, request.GET.get("sort", ""), SERIES_SORTS, default="use")


def _purpose(series: NumberSeries) -> str:
    if series.is_default:
        return _("All others")
    if series.given_by:
        return _("Numbers that %(giver)s gives") % {"giver": series.given_by}
    return str(series.project or series.customer_group or _("Out of use"))


def _form_view(request: TenantRequest, series: NumberSeries) -> HttpResponse:
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and (repair := data.get("use_format")) is not None:
        # The repair's button, pressed where no script runs.
        data["format"] = repair
        form = SeriesForm(data, instance=series)
        form.is_valid()
        return _form_page(request, form, data, status=200)
    form = SeriesForm(data, instance=series)
    if data is not None and form.is_valid() and (saved := _save(request, form, data)) is not None:
        messages.success(request, _("The series “%(name)s” is saved.") % {"name": saved.name})
        return redirect("invoicing:series_list")
    return _form_page(request, form, data, status=422 if form.errors else 200)


def _save(request: TenantRequest, form: SeriesForm, data: QueryDict) -> NumberSeries | None:
    values = form.cleaned_data
    preview = _preview(request, form, data)
    # The form has set what was typed; a fresh copy is what is changed.
    series = form.instance
    if not series._state.adding:
        series = NumberSeries.objects.get(pk=series.pk)
    try:
        return save_series(
            series,
            actor=request.user,
            year=timezone.localdate().year,
            name=values["name"],
            number_format=values["format"],
            customer_group=values.get("customer_group"),
            project=values.get("project"),
            next_number=values["next_number"],
            example=preview.example,
        )
    except errors.SeriesRefused as refusal:
        add_refusal(form, refusal)
        return None


def _preview(request: TenantRequest, form: SeriesForm, data: QueryDict | None) -> Preview:
    typed = data or QueryDict()
    return preview_of(
        form.instance,
        day=timezone.localdate(),
        reader=request.membership,
        shown=form.cleaned_data.get("next_number") if form.is_bound else None,
        customer_id=typed.get("example_customer", ""),
    )


def _preview_context(preview: Preview) -> dict[str, Any]:
    return {"preview": preview, "example_customer": example_field(preview.customer)}


def _form_page(
    request: TenantRequest, form: SeriesForm, data: QueryDict | None, *, status: int
) -> HttpResponse:
    series = form.instance
    stored = None if series._state.adding else NumberSeries.objects.get(pk=series.pk)
    context = {
        "form": form,
        "series": stored,
        "tokens": token_groups(),
        **_preview_context(_preview(request, form, data)),
    }
    return render(request, "invoicing/series_form.html", context, status=status)


def token_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """The reference: what is inserted, and what it gives."""
    return [
        (
            _("Counter"),
            [
                ("{cy,4}", _("of the year, four digits")),
                ("{cm,3}", _("of the month")),
                ("{cd,2}", _("of the day")),
                ("{c,5}", _("ever")),
            ],
        ),
        (
            _("Date of the document"),
            [
                ("{Y}", _("year, 2026")),
                ("{y}", _("year, 26")),
                ("{M}", _("month, 01")),
                ("{m}", _("month, 1")),
                ("{D}", _("day, 01")),
                ("{d}", _("day, 1")),
                ("{date}", _("year, month, day: 260131")),
            ],
        ),
        (
            _("Shifted date"),
            [
                ("{YY+1}", _("next year; -1 the last one")),
                ("{yy+1}", _("the same in two digits")),
                ("{MM+1}", _("month number plus 1")),
                ("{DD+1}", _("day number plus 1")),
            ],
        ),
        (
            _("Customer"),
            [
                ("{cnumber}", _("customer number")),
                ("{cname}", _("name")),
                ("{ccy,3}", _("counter of the customer and year")),
                ("{ccm,3}", _("of the customer and month")),
                ("{ccd,2}", _("of the customer and day")),
                ("{cc,3}", _("of the customer, ever")),
            ],
        ),
        (
            _("Who made the draft"),
            [
                ("{uid}", _("id; 0 where made automatically")),
                ("{ustaff}", _("staff number")),
                ("{cuy,3}", _("counter of the user and year")),
                ("{cum,3}", _("of the user and month")),
                ("{cud,2}", _("of the user and day")),
                ("{cu,3}", _("of the user, ever")),
            ],
        ),
    ]
