"""Words that several tables share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BillingState(models.TextChoices):
    OPEN = "open", _("Open")
    DRAFTED = "drafted", _("Drafted")
    BILLED = "billed", _("Billed")
    WRITTEN_OFF = "written_off", _("Written off")


class RateLevel(models.TextChoices):
    """Where an entry's rate came from, the most specific first."""

    MANUAL = "manual", _("Set by hand")
    PROJECT_MEMBER = "project_member", _("Project member")
    TASK = "task", _("Task")
    PROJECT = "project", _("Project")
    CUSTOMER = "customer", _("Customer")
    MEMBER = "member", _("Member")
    TENANT = "tenant", _("Company")
    NONE = "", _("None found")
