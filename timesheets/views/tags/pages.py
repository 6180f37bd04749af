"""The register of tags: the list, adding, changing, merging, archiving, deleting, and searching."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models.functions import Lower
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog, refuse_in_list
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets.domain.tags import keeping
from timesheets.models import Tag
from timesheets.selectors.tags import listed_tags, offered_tags
from timesheets.views.tags.forms import MergeForm, TagFilter, TagForm

MANAGE = permission_required(Permission.MANAGE_TAGS)
CHOOSE = permission_required(
    Permission.RECORD_HOURS,
    Permission.VIEW_HOURS,
    Permission.VIEW_PROJECT_HOURS,
    Permission.MANAGE_TAGS,
    Permission.MANAGE_SCHEDULES,
)
SORTS: dict[str, list[Any]] = {
    "name": ["key"],
    "colour": ["colour", "key"],
    "entries": ["entries", "key"],
    "last": ["last_date", "key"],
    "state": ["-is_active", "merged_into__name", "key"],
}


@require_GET
@MANAGE
def tag_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    page = page_of(request, rows, per_page=100)
    context = {
        "filter": filter_set,
        "page": page,
        "has_tags": bool(page.object_list) or Tag.objects.exists(),
        "default_sort": "name",
    }
    template = "timesheets/tags/list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if filter_set.form.is_valid() else 422)


@require_GET
@MANAGE
def tag_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, found = _rows(request)
    if not filter_set.form.is_valid():
        return refuse_filters()

    def rows() -> Iterator[list[Any]]:
        for tag in found:
            yield [
                tag.name,
                tag.get_colour_display(),
                tag.entries,
                tag.last_date,
                _("Merged") if tag.merged_into else _("Active") if tag.is_active else _("Archived"),
                tag.merged_into.name if tag.merged_into else "",
            ]

    head = [_("Tag"), _("Colour"), _("Entries"), _("Last day"), _("State"), _("Merged into")]
    return list_file(request, kind, name="tags", title=_("Tags"), head=head, rows=rows)


@require_GET
@CHOOSE
def tag_search(request: TenantRequest) -> JsonResponse:
    """Answer the comboboxes; `?archived=1` also with those that are not used any more."""
    words = request.GET.get("q", "")[:100]
    found = offered_tags(words, archived="archived" in request.GET)
    return JsonResponse(
        {
            "results": [
                {
                    "id": str(tag.pk),
                    "text": tag.name,
                    "colour": tag.colour,
                    "hint": "" if tag.is_active else _("Archived"),
                }
                for tag in found
            ]
        }
    )


@require_http_methods(["GET", "POST"])
@MANAGE
def tag_new(request: TenantRequest) -> HttpResponse:
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            tag = keeping.add_tag(actor=request.user, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The tag “%(name)s” is added.") % {"name": tag.name})
            return _done(request)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@MANAGE
def tag_edit(request: TenantRequest, pk: int) -> HttpResponse:
    tag = _tag(pk)
    form = TagForm(request.POST or None, initial={"name": tag.name, "colour": tag.colour})
    if request.method == "POST" and form.is_valid():
        try:
            tag = keeping.change_tag(pk, actor=request.user, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The tag “%(name)s” is saved.") % {"name": tag.name})
            return _done(request)
    return _form_page(request, form, tag)


@require_http_methods(["GET", "POST"])
@MANAGE
def tag_merge(request: TenantRequest, pk: int) -> HttpResponse:
    """Say which tag stays; the other one's hours get it."""
    tag = _tag(pk)
    form = MergeForm(tag, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            into = keeping.merge_tag(pk, into_id=form.cleaned_data["into"].pk, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("“%(name)s” is merged into “%(into)s”.")
            messages.success(request, text % {"name": tag.name, "into": into.name})
            return _done(request)
    status = 422 if form.errors else 200
    return render(request, "timesheets/tags/merge.html", {"form": form, "tag": tag}, status=status)


@require_POST
@MANAGE
def tag_archive(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, keeping.archive_tag, _("“%(name)s” is not offered any more."))


@require_POST
@MANAGE
def tag_reactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, keeping.reactivate_tag, _("“%(name)s” is offered again."))


@require_POST
@MANAGE
def tag_remove(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, keeping.remove_tag, _("The tag “%(name)s” is deleted."))


def _rows(request: TenantRequest) -> tuple[TagFilter, Any]:
    filter_set = TagFilter(
        request.GET, queryset=listed_tags().annotate(key=Lower("name")), request=request
    )
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default="name")


def _tag(pk: int) -> Tag:
    tag: Tag = get_object_or_404(listed_tags(), pk=pk)
    return tag


def _act(request: TenantRequest, pk: int, act: Callable[..., Tag], sentence: str) -> HttpResponse:
    tag = _tag(pk)
    try:
        tag = act(pk, actor=request.user)
    except DomainError as refusal:
        if is_list_request(request):
            return refuse_in_list(request, refusal)
        form = TagForm(initial={"name": tag.name, "colour": tag.colour})
        return _form_page(request, form, tag, refusal=str(refusal))
    messages.success(request, sentence % {"name": tag.name})
    return _done(request)


def _done(request: TenantRequest) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect("timesheets:tag_list")


def _form_page(
    request: TenantRequest, form: TagForm, tag: Tag | None, *, refusal: str = ""
) -> HttpResponse:
    context = {"form": form, "tag": tag, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "timesheets/tags/form.html", context, status=status)
