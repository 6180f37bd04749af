"""The periods that pages of the books offer, by the company's financial year."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.periods import Period, presets, year_of
from tenants.models import Tenant


def periods_offered(
    tenant: Tenant, today: date, period: Period | None, *, query: str = ""
) -> dict[str, Any]:
    """What `components/period_bar.html` shows; `query` is what stays beside the period."""
    rest = f"&{query}" if query else ""
    this_year = year_of(today, tenant.year_begins)
    offered = [
        *((label, one) for _key, label, one in presets(today)),
        (_("This year") if tenant.year_begins == 1 else _("This financial year"), this_year),
        (_("Last year") if tenant.year_begins == 1 else _("Last one"), this_year.before()),
    ]
    return {
        "period": period,
        "before": period and period.before().query + rest,
        "after": period and period.after().query + rest,
        "presets": [
            {"label": label, "query": one.query + rest, "is_current": one == period}
            for label, one in offered
        ],
    }
