from django.urls import path

from timesheets.views.tags import pages as tag_views

urlpatterns = [
    path("", tag_views.tag_list, name="tag_list"),
    path("export.<filekind:kind>", tag_views.tag_export, name="tag_export"),
    path("search/", tag_views.tag_search, name="tag_search"),
    path("new/", tag_views.tag_new, name="tag_new"),
    path("<int:pk>/", tag_views.tag_edit, name="tag_edit"),
    path("<int:pk>/merge/", tag_views.tag_merge, name="tag_merge"),
    path("<int:pk>/archive/", tag_views.tag_archive, name="tag_archive"),
    path("<int:pk>/reactivate/", tag_views.tag_reactivate, name="tag_reactivate"),
    path("<int:pk>/remove/", tag_views.tag_remove, name="tag_remove"),
]
