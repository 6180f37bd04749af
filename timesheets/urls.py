from django.urls import include, path

app_name = "timesheets"
urlpatterns = [
    path("hours/import/", include("timesheets.import_urls")),
]
