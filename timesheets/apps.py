from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TimesheetsConfig(AppConfig):
    name = "timesheets"
    verbose_name = _("Timesheets")

    def ready(self) -> None:
        from django.db.models import Q

        from customers.domain import carriers
        from timesheets.domain.holding import hold_hours

        read_only = Q(is_locked=True) | ~Q(billing_state="open")
        carriers.register("task", carriers.Carrier("timesheets.Task"))
        carriers.register(
            "time_entry", carriers.Carrier("timesheets.TimeEntry", read_only, hold_hours)
        )
