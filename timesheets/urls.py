from django.urls import include, path

app_name = "timesheets"
urlpatterns = [
    path("", include("timesheets.hours_urls")),
    path("", include("timesheets.charge_urls")),
    path("", include("timesheets.order_urls")),
    path("hours/locks/", include("timesheets.lock_urls")),
    path("rates/", include("timesheets.rate_urls")),
    path("rates/", include("timesheets.task_urls")),
    path("hours/import/", include("timesheets.import_urls")),
]
