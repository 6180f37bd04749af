from django.urls import path

from invoicing.views.fixed_prices import pages

urlpatterns = [
    path("projects/<int:pk>/fixed-price/", pages.project_fixed_price, name="project_fixed_price"),
    path(
        "projects/<int:pk>/fixed-price/set/", pages.fixed_price_set, name="project_fixed_price_set"
    ),
    path(
        "projects/<int:pk>/fixed-price/milestones/",
        pages.fixed_price_milestone,
        name="project_milestone_new",
    ),
    path(
        "projects/<int:pk>/fixed-price/step/",
        pages.fixed_price_step,
        name="project_fixed_price_step",
    ),
]
