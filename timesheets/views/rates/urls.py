from django.urls import path

from timesheets.views.rates import pages as rate_views
from timesheets.views.rates import recalculation as recalculation_views

urlpatterns = [
    path("", rate_views.rate_list, name="rate_list"),
    path("export.<filekind:kind>", rate_views.rate_export, name="rate_export"),
    path("new/", rate_views.rate_new, name="rate_new"),
    path("which/", rate_views.rate_explain, name="rate_explain"),
    path("recalculate/", recalculation_views.recalculate, name="recalculate"),
    path("recalculate/undo/", recalculation_views.recalculate_undo, name="recalculate_undo"),
    path("<int:pk>/", rate_views.rate_edit, name="rate_edit"),
    path("<int:pk>/remove/", rate_views.rate_remove, name="rate_remove"),
    path("customers/<int:pk>/", rate_views.customer_rates, name="customer_rates"),
    path("projects/<int:pk>/", rate_views.project_rates, name="project_rates"),
]
