from django.urls import path

from timesheets.views.locks import pages as lock_views

urlpatterns = [
    path("", lock_views.lock_list, name="lock_list"),
    path("export.<filekind:kind>", lock_views.lock_export, name="lock_export"),
    path("lock/", lock_views.lock_many, name="lock_many"),
    path("remind/", lock_views.lock_remind, name="lock_remind"),
    path("people/<int:pk>/", lock_views.lock_detail, name="lock_detail"),
    path("people/<int:pk>/lock/", lock_views.lock_new, name="lock_new"),
    path("<int:pk>/unlock/", lock_views.unlock, name="unlock"),
]
