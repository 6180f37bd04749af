"""What hours are charged as, where a project's time is rounded for billing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from customers.domain.billing_terms import terms_of
from customers.models import Project
from invoicing.domain.composing.rounding import billed_minutes, line_minutes
from invoicing.domain.composing.terms import rounding_of
from invoicing.selectors.work import RoundedWork
from tenants.models import Tenant

# By billing state, project, person and rate, in minutes.
type BilledTime = dict[tuple[str, int, int, Decimal | None], int]


class _Entry(NamedTuple):
    id: int
    member_id: int
    project_id: int
    work_date: date
    minutes: int
    rate: Decimal | None


def billed_time(
    rounded: Iterable[RoundedWork], projects: Mapping[int, Project], tenant: Tenant
) -> BilledTime:
    """What each line's time is charged as, where its project's time is rounded."""
    entries: dict[tuple[str, int], list[_Entry]] = defaultdict(list)
    for number, work in enumerate(rounded):
        entries[work.state, work.project_id] += [
            _Entry(number, work.member_id, work.project_id, work.work_date, work.minutes, work.rate)
        ] * work.entries
    billed: dict[tuple[str, int, int, Decimal | None], list[int]] = defaultdict(list)
    rules = {pk: rounding_of(terms_of(project=projects[pk], tenant=tenant)) for _, pk in entries}
    for (state, project_id), found in entries.items():
        for entry, minutes in zip(found, billed_minutes(found, rules[project_id]), strict=True):
            billed[state, project_id, entry.member_id, entry.rate].append(minutes)
    return {key: line_minutes(minutes, rules[key[1]]) for key, minutes in billed.items()}
