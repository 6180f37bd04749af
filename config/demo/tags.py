"""Tags on the hours of the example companies."""

import random
from collections.abc import Sequence

from config.demo.plan import Company
from timesheets.models import EntryTag, Tag, TimeEntry


class Tags:
    """The company's tags, put on some of its hours: the same ones each time."""

    def __init__(self, company: Company) -> None:
        self.chance = random.Random(f"{company.seed} tags")  # noqa: S311 (no secret)
        self.shares = [share for _name, _colour, share in company.tags]
        self.tags = [
            Tag.objects.create(name=name, colour=colour) for name, colour, _share in company.tags
        ]

    def put_on(self, entries: Sequence[TimeEntry]) -> None:
        EntryTag.objects.bulk_create(
            [
                EntryTag(time_entry=entry, tag=tag)
                for entry in entries
                if entry.is_billable
                for tag, share in zip(self.tags, self.shares, strict=True)
                if self.chance.random() < share
            ],
            batch_size=1000,
        )
