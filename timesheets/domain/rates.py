"""Which rate an hour has: found once, most specific first, when the entry is written."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self

from timesheets.models import Rate, RateLevel

type RateKey = tuple[int | None, int | None, int | None, int | None, str]


class FoundRate(NamedTuple):
    amount: Decimal | None
    level: RateLevel


@dataclass(frozen=True)
class RateBook:
    """All rates of the tenant, read in one query, for finding many."""

    rates: dict[RateKey, Decimal]

    @classmethod
    def load(cls) -> Self:
        rows = Rate.objects.order_by().values_list(
            "customer_id", "project_id", "task_id", "member_id", "currency", "amount"
        )
        return cls({(c, p, t, m, currency): amount for c, p, t, m, currency, amount in rows})

    def find(
        self,
        *,
        member_id: int,
        project_id: int,
        customer_id: int,
        task_id: int | None,
        currency: str,
    ) -> FoundRate:
        """The rate in the customer's `currency`; rates in another one do not count."""
        levels: tuple[tuple[RateLevel, RateKey], ...] = (
            (RateLevel.PROJECT_MEMBER, (None, project_id, None, member_id, currency)),
            (RateLevel.TASK, (None, None, task_id, None, currency)),
            (RateLevel.PROJECT, (None, project_id, None, None, currency)),
            (RateLevel.CUSTOMER, (customer_id, None, None, None, currency)),
            (RateLevel.MEMBER, (None, None, None, member_id, currency)),
            (RateLevel.TENANT, (None, None, None, None, currency)),
        )
        for level, key in levels:
            # Without a task the second key would be the tenant's.
            if level == RateLevel.TASK and task_id is None:
                continue
            if (amount := self.rates.get(key)) is not None:
                return FoundRate(amount, level)
        return FoundRate(None, RateLevel.NONE)
