"""Schedules with their last run, and every run there was, of whichever kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DateField,
    F,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from core.periods import Period
from customers.models import Customer
from invoicing.domain.schedules.planning import Wanted, wanted_of
from invoicing.domain.schedules.targets import Asked, Targets
from invoicing.models import (
    InvoicingRun,
    InvoicingRunItem,
    PostingRun,
    PostingRunItem,
    Schedule,
    ScheduleTag,
    ScheduleTarget,
    SendingRun,
    SendingRunItem,
)


def listed_schedules() -> QuerySet[Any]:
    """With their targets and the id of their latest real run."""
    last = InvoicingRun.objects.filter(schedule=OuterRef("pk"), is_trial=False).order_by("-pk")
    targets = ScheduleTarget.objects.select_related("customer", "group", "project")
    schedules: QuerySet[Any] = (
        Schedule.objects.select_related("author", "approved_by")
        .prefetch_related(
            Prefetch("targets", targets),
            Prefetch("tag_links", ScheduleTag.objects.select_related("tag").order_by("tag__name")),
        )
        .annotate(
            last_run=Subquery(last.values("pk")[:1]),
            last_run_at=Subquery(last.values("started_at")[:1]),
        )
    )
    return schedules


@dataclass(frozen=True)
class Concerned:
    """Whom a schedule would reach: customers it is for, and invoices it would make of a period."""

    period: Period
    customers: int
    wanted: list[Wanted]

    @property
    def count(self) -> int:
        return len(self.wanted)

    @property
    def first(self) -> list[Wanted]:
        return self.wanted[:8]

    @property
    def more(self) -> int:
        return max(self.count - 8, 0)


def concerned(asked: Asked, period: Period) -> Concerned:
    targets = Targets(asked)
    customers = Customer.objects.filter(is_active=True).order_by()
    if not targets.is_all:
        customers = customers.filter(
            Q(pk__in=targets.customers) | Q(projects__in=targets.projects)
        ).distinct()
    return Concerned(period, customers.count(), wanted_of(asked, period))


class RunKind(TextChoices):
    INVOICING = "invoicing", _("Invoicing")
    TRIAL = "trial", _("Trial")
    POSTING = "posting", _("Posting")
    SENDING = "sending", _("Sending")


@dataclass(frozen=True)
class RunRow:
    """One run of the list. `done` were made, posted or asked for; `failed` were not."""

    kind: RunKind
    pk: int
    name: str
    started_at: datetime
    finished_at: datetime | None
    stopped_at: datetime | None
    refusal: str
    person: str
    period: Period | None
    total: int
    done: int
    failed: int

    @property
    def page(self) -> str:
        return {
            RunKind.POSTING: "invoicing:posting_run",
            RunKind.SENDING: "invoicing:sending_run",
        }.get(self.kind, "invoicing:run_detail")


def all_runs(*, kind: str = "", sort: str = "-started") -> QuerySet[Any]:
    """Keys of runs, newest first unless asked otherwise; `run_rows` makes rows of a page."""
    nothing = Cast(Value(None), DateField())
    parts: list[QuerySet[Any]] = []
    for which, model, more in (
        (RunKind.INVOICING, InvoicingRun, Q(is_trial=False)),
        (RunKind.TRIAL, InvoicingRun, Q(is_trial=True)),
        (RunKind.POSTING, PostingRun, Q()),
        (RunKind.SENDING, SendingRun, Q()),
    ):
        if kind not in ("", which.value):
            continue
        is_ours = model is InvoicingRun
        parts.append(
            model._default_manager.filter(more)
            .order_by()
            .annotate(
                run_kind=Value(which.value, CharField()),
                run_name=F("name") if is_ours else Value("", CharField()),
                first_day=F("start_date") if is_ours else nothing,
                last_day=F("end_date") if is_ours else nothing,
                person=F("started_by__name"),
            )
            .values_list(
                "pk",
                "started_at",
                "finished_at",
                "run_kind",
                "run_name",
                "first_day",
                "last_day",
                "person",
            )
        )
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    columns = {"started": "started_at", "kind": "run_kind", "name": "run_name"}
    key = sort.removeprefix("-")
    column = columns.get(key, "started_at")
    down = "-" if sort.startswith("-") or key not in columns else ""
    return found.order_by(f"{down}{column}", "-started_at", "-pk")


def run_rows(keys: Iterable[tuple[Any, ...]]) -> list[RunRow]:
    """The runs with what came of them: a question for each kind, however many there are."""
    rows = list(keys)
    ids: dict[RunKind, list[int]] = {}
    for pk, _started, _finished, kind, *_rest in rows:
        ids.setdefault(RunKind(kind), []).append(pk)
    own = [*ids.get(RunKind.INVOICING, []), *ids.get(RunKind.TRIAL, [])]
    counts = {
        **_counts(InvoicingRunItem, own, "made", "failed"),
        **_counts(PostingRunItem, ids.get(RunKind.POSTING, []), "posted", "refused"),
        **_counts(SendingRunItem, ids.get(RunKind.SENDING, []), "asked", "refused"),
    }
    ends = {
        pk: (stopped, refusal)
        for pk, stopped, refusal in InvoicingRun.objects.filter(pk__in=own).values_list(
            "pk", "stopped_at", "refusal"
        )
    }
    models: dict[RunKind, type[Model]] = {
        RunKind.POSTING: PostingRunItem,
        RunKind.SENDING: SendingRunItem,
    }
    found = []
    for pk, started, finished, kind, name, first, last, person in rows:
        which = RunKind(kind)
        items = models.get(which, InvoicingRunItem)
        stopped, refusal = ends[pk] if items is InvoicingRunItem else (None, "")
        total, done, failed = counts.get((items, pk), (0, 0, 0))
        period = Period(first, last) if first else None
        row = RunRow(
            kind=which,
            pk=pk,
            name=name,
            started_at=started,
            finished_at=finished,
            stopped_at=stopped,
            refusal=refusal,
            person=person or "",
            period=period,
            total=total,
            done=done,
            failed=failed,
        )
        found.append(row)
    return found


def _counts(
    model: type[Model], run_ids: list[int], done: str, failed: str
) -> dict[tuple[type[Model], int], tuple[int, int, int]]:
    if not run_ids:
        return {}
    found = (
        model._default_manager.filter(run__in=run_ids)
        .order_by()
        .values_list("run_id")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(outcome=done)),
            failed=Count("pk", filter=Q(outcome=failed)),
        )
    )
    return {(model, pk): (total, well, badly) for pk, total, well, badly in found}
