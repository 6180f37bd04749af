from django.urls import include, path

app_name = "timesheets"
urlpatterns = [
    path("", include("timesheets.views.entries.urls")),
    path("", include("timesheets.views.charges.urls")),
    path("", include("timesheets.views.orders.urls")),
    path("", include("timesheets.views.packages.urls")),
    path("", include("timesheets.views.usage.urls")),
    path("hours/locks/", include("timesheets.views.locks.urls")),
    path("rates/", include("timesheets.views.rates.urls")),
    path("rates/", include("timesheets.views.tasks.urls")),
    path("tags/", include("timesheets.views.tags.urls")),
    path("hours/import/", include("timesheets.views.imports.urls")),
]
