from django.contrib.admin.apps import AdminConfig


class LaskuriAdminConfig(AdminConfig):
    default_site = "tenants.admin_sites.PlatformAdminSite"

    def ready(self) -> None:
        super().ready()
        # Makes our Celery app the current one, so that `task.delay()` finds the broker.
        import config.celery  # noqa: F401
