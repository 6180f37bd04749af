"""A plan in figures: for the page, which keeps it, and for the command."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from timesheets.imports.names import Kind, NewName
from timesheets.imports.plan import Plan, Share
from timesheets.imports.rejects import Reject, restored, write_rejects
from timesheets.imports.rows import RowProblem

SHOWN_PROBLEMS = 500
SHOWN_TOTALS = 200


def report_of(plan: Plan, *, shown_problems: int | None = SHOWN_PROBLEMS) -> dict[str, Any]:
    """Plain data, the same for every reader; nothing in it is a lazy text or a date."""
    days = [planned.row.work_date for planned in plan.rows]
    return {
        "program": plan.source.dialect.title,
        "encoding": plan.source.encoding,
        "delimiter": plan.source.delimiter,
        "dates": plan.date_order,
        "own_fields": [
            {"label": column.field.label, "column": column.title} for column in plan.own_columns
        ],
        "has_rates": "rate" in plan.source.columns,
        "rows": len(plan.rows),
        "minutes": sum(planned.row.minutes for planned in plan.rows),
        "already_imported": plan.known,
        "first_date": min(days).isoformat() if days else None,
        "last_date": max(days).isoformat() if days else None,
        **_billing(plan),
        "people": _totals(plan, Kind.PERSON),
        "customers": _totals(plan, Kind.CUSTOMER),
        "projects": _totals(plan, Kind.PROJECT),
        "new_names": [_new_name(name, share) for name, share in _sorted(plan.new_names)],
        "bad_lines": len(plan.bad_lines),
        "problem_count": len(plan.problems),
        "problems": [problem_json(problem) for problem in plan.problems[:shown_problems]],
        "without_project": _without_project(plan),
    }


def problem_json(problem: RowProblem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "value": problem.value[:200],
        "reason": problem.reason,
    }


def write_rejects_of(plan: Plan, problems: Iterable[RowProblem], out: TextIO) -> int:
    """The lines with problems, as they stand in the file. Says how many there were."""
    by_line: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        by_line[problem.line].append(problem)
    copies = plan.copies | {p.row.line: p.copy for p in plan.rows if p.row.line in by_line}

    def rejects() -> Iterator[Reject]:
        for record in plan.source.records():
            if record.line in by_line:
                cells = record.cells
                if plan.source.is_rejects_file:
                    cells = [restored(cell) for cell in cells]
                yield Reject(cells, tuple(by_line[record.line]), copies.get(record.line, 1))

    write_rejects(plan.source, rejects(), out)
    return len(by_line)


def _billing(plan: Plan) -> dict[str, int]:
    billable = elsewhere = without_rate = 0
    for planned in plan.rows:
        row = planned.row
        if not (planned.place.is_billable if row.billable is None else row.billable):
            continue
        if row.billed_elsewhere:
            elsewhere += row.minutes
            continue
        billable += row.minutes
        without_rate += row.minutes if planned.found_rate.amount is None else 0
    return {
        "billable_minutes": billable,
        "billed_elsewhere_minutes": elsewhere,
        "without_rate_minutes": without_rate,
    }


def _totals(plan: Plan, kind: Kind) -> list[dict[str, Any]]:
    shares: dict[tuple[str, str, bool], Share] = defaultdict(Share)
    for planned in plan.rows:
        place = planned.place
        if kind is Kind.PERSON:
            person = planned.person
            if isinstance(person, int):
                key = (plan.member_names[person], "", False)
            else:
                key = (person.name, "", True)
        elif kind is Kind.CUSTOMER:
            key = (place.customer_name, "", isinstance(place.customer, NewName))
        else:
            key = (place.project_name, place.customer_name, isinstance(place.project, NewName))
        shares[key].add(planned.row)
    ordered = sorted(shares.items(), key=lambda item: (-item[1].minutes, item[0]))
    return [
        {"name": name, "of": of, "is_new": is_new, "rows": share.rows, "minutes": share.minutes}
        for (name, of, is_new), share in ordered[:SHOWN_TOTALS]
    ]


def _sorted(names: dict[NewName, Share]) -> list[tuple[NewName, Share]]:
    kinds = list(Kind)
    return sorted(names.items(), key=lambda item: (kinds.index(item[0].kind), item[0].key))


def _new_name(name: NewName, share: Share) -> dict[str, Any]:
    return {
        "kind": name.kind,
        "key": name.key,
        "name": name.name,
        "of": name.parent_name,
        "email": name.email,
        "currency": name.currency,
        "needs": name.parent.key if isinstance(name.parent, NewName) else None,
        "rows": share.rows,
        "minutes": share.minutes,
        "first_line": share.first_line,
    }


def _without_project(plan: Plan) -> int:
    """Rows that name no customer or no project, and are refused for want of a rule."""
    titles = {plan.source.title("project"), plan.source.title("customer")}
    return len({one.line for one in plan.problems if one.column in titles and one.value == ""})
