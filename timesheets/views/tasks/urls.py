from django.urls import path

from timesheets.views.tasks import pages as task_views

urlpatterns = [
    path("tasks/", task_views.task_list, name="task_list"),
    path("tasks/export.<filekind:kind>", task_views.task_export, name="task_export"),
    path("tasks/new/", task_views.task_new, name="task_new"),
    path("tasks/<int:pk>/", task_views.task_edit, name="task_edit"),
    path("tasks/<int:pk>/deactivate/", task_views.task_deactivate, name="task_deactivate"),
    path("tasks/<int:pk>/reactivate/", task_views.task_reactivate, name="task_reactivate"),
    path("tasks/<int:pk>/remove/", task_views.task_remove, name="task_remove"),
    path("projects/<int:pk>/tasks/", task_views.project_tasks, name="project_tasks"),
]
