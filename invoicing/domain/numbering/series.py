"""The series of a company, and which of them a document is numbered in."""

from collections.abc import Iterable
from functools import cached_property

from django.utils import translation

from invoicing.domain.numbering.formats import tokens_of
from invoicing.models import DocumentKind, NumberSeries
from tenants.models import Tenant
from tenants.rows import objects_where

# Of different shape: two kinds of documents may not share a number.
FORMATS = {DocumentKind.INVOICE: "{Y}-{cy,4}", DocumentKind.CREDIT_NOTE: "CN-{Y}-{cy,4}"}


def default_series(kind: DocumentKind) -> NumberSeries:
    """The series a document of this kind is numbered in; made on first use."""
    series: NumberSeries
    series, _created = NumberSeries.objects.get_or_create(
        kind=kind, is_default=True, defaults={"name": str(kind.label), "format": FORMATS[kind]}
    )
    return series


def make_series(tenant: Tenant) -> str:
    """The series of a new company, named in its language, for each kind that has none."""
    with translation.override(tenant.language):
        for kind in DocumentKind:
            default_series(kind)
    return ""


class SeriesBook:
    """Every series of the kinds that are to be posted, read in one query."""

    def __init__(self, kinds: Iterable[str]) -> None:
        kinds = set(kinds)
        found = objects_where(NumberSeries, "kind = ANY(%(kinds)s)", kinds=list(kinds))
        self.series: list[NumberSeries] = [one for one in found if one.is_in_use]
        missing = kinds - {one.kind for one in self.series if one.is_default}
        self.series += [default_series(DocumentKind(kind)) for kind in sorted(missing)]
        self._by_purpose = {
            (one.kind, one.project_id, one.customer_group_id): one for one in self.series
        }
        self.asks_for_group = any(one.customer_group_id for one in self.series)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """All that the formats ask for."""
        return frozenset().union(*(tokens_of(one.format) for one in self.series))

    def choose(self, kind: str, *, project_id: int | None, group_id: int | None) -> NumberSeries:
        """That of the document's project, else of its customer's group, else the usual one."""
        for purpose in ((project_id, None), (None, group_id)):
            if any(purpose) and (found := self._by_purpose.get((kind, *purpose))):
                return found
        return self._by_purpose[kind, None, None]
