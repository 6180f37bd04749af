"""Which rate an hour has: found once, most specific first, when the entry is written."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from timesheets.models import Rate, RateLevel

type RateKey = tuple[int | None, int | None, int | None, int | None, str]

# The most specific first.
LEVELS = (
    RateLevel.PROJECT_MEMBER,
    RateLevel.TASK,
    RateLevel.PROJECT,
    RateLevel.CUSTOMER,
    RateLevel.MEMBER,
    RateLevel.TENANT,
)


class FoundRate(NamedTuple):
    amount: Decimal | None
    level: RateLevel


class Priced(NamedTuple):
    """A rate and its days; None leaves that side open."""

    start: date | None
    end: date | None
    amount: Decimal

    def is_valid(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class RateBook:
    """All rates of the tenant, read in one query, for finding many."""

    rates: dict[RateKey, list[Priced]]

    @classmethod
    def load(cls) -> Self:
        rates: dict[RateKey, list[Priced]] = defaultdict(list)
        rows = Rate.objects.order_by().values_list(
            "customer_id", "project_id", "task_id", "member_id", "currency",
            "start_date", "end_date", "amount",
        )  # fmt: skip
        for customer, project, task, member, currency, *priced in rows:
            rates[customer, project, task, member, currency].append(Priced(*priced))
        return cls(dict(rates))

    def find(
        self,
        *,
        member_id: int,
        project_id: int,
        customer_id: int,
        task_id: int | None,
        currency: str,
        day: date,
    ) -> FoundRate:
        """The rate of that day in the customer's `currency`; those in another do not count."""
        keys = keys_of(
            member_id=member_id,
            project_id=project_id,
            customer_id=customer_id,
            task_id=task_id,
            currency=currency,
        )
        for level, key in keys.items():
            for priced in self.rates.get(key, ()):
                if priced.is_valid(day):
                    return FoundRate(priced.amount, level)
        return FoundRate(None, RateLevel.NONE)


def keys_of(
    *, member_id: int, project_id: int, customer_id: int, task_id: int | None, currency: str
) -> dict[RateLevel, RateKey]:
    """What a rate of each level names for this work, the most specific first."""
    keys: dict[RateLevel, RateKey] = {
        RateLevel.PROJECT_MEMBER: (None, project_id, None, member_id, currency),
        RateLevel.TASK: (None, None, task_id, None, currency),
        RateLevel.PROJECT: (None, project_id, None, None, currency),
        RateLevel.CUSTOMER: (customer_id, None, None, None, currency),
        RateLevel.MEMBER: (None, None, None, member_id, currency),
        RateLevel.TENANT: (None, None, None, None, currency),
    }
    if task_id is None:
        # Without a task the key would be the tenant's.
        del keys[RateLevel.TASK]
    return keys
