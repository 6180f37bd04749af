from django.urls import path

from integrations.views import answers, byhand, connections, exports, links, signing_in

app_name = "integrations"
urlpatterns = [
    path("accounting/", connections.connection_list, name="connection_list"),
    path("accounting/new/<slug:key>/", connections.connection_new, name="connection_new"),
    path("accounting/check/<slug:key>/", connections.connection_try, name="connection_try"),
    path("accounting/<int:pk>/", connections.connection_edit, name="connection_edit"),
    path("accounting/<int:pk>/check/", connections.connection_check, name="connection_check"),
    path("accounting/<int:pk>/company/", connections.connection_company, name="connection_company"),
    path("accounting/<int:pk>/sign-in/", signing_in.sign_in, name="sign_in"),
    path("accounting/<int:pk>/sign-out/", signing_in.sign_out, name="sign_out"),
    path("accounting/<int:pk>/switch/", connections.connection_switch, name="connection_switch"),
    path("accounting/<int:pk>/remove/", connections.connection_remove, name="connection_remove"),
    path("accounting/<int:pk>/customers/", links.link_list, name="link_list"),
    path("accounting/<int:pk>/customers/guesses/", links.link_guesses, name="link_guesses"),
    path("accounting/<int:pk>/customers/link/", links.link_many, name="link_many"),
    path("customers/<int:pk>/accounting/", links.customer_links, name="customer_links"),
    path(
        "customers/<int:pk>/accounting/<int:connection>/search/",
        links.link_search,
        name="link_search",
    ),
    path(
        "customers/<int:pk>/accounting/<int:connection>/link/",
        links.link_edit,
        name="link_edit",
    ),
    path(
        "customers/<int:pk>/accounting/<int:connection>/create/",
        links.link_create,
        name="link_create",
    ),
    path(
        "customers/<int:pk>/accounting/<int:connection>/unlink/",
        links.link_remove,
        name="link_remove",
    ),
    path("exports/draft/<int:pk>/", answers.draft_systems, name="draft_systems"),
    path("exports/draft/<int:pk>/withdraw/", answers.draft_withdraw, name="draft_withdraw"),
    path(
        "exports/document/<int:pk>/choices/<int:connection>/",
        answers.document_fields,
        name="document_fields",
    ),
    path("exports/", exports.export_list, name="export_list"),
    path("exports/changes/", exports.export_changes, name="export_changes"),
    path("exports/retry/", exports.export_retry, name="export_retry"),
    path("exports/package/", byhand.export_packages, name="export_packages"),
    path("exports/numbers/", byhand.export_done_many, name="export_done_many"),
    path("exports/numbers/confirm/", byhand.export_confirm, name="export_confirm"),
    path("exports/<int:pk>/package/", byhand.export_package, name="export_package"),
    path("exports/<int:pk>/anew/", byhand.export_anew, name="export_anew"),
    path("exports/<int:pk>/done/", byhand.export_done, name="export_done"),
    path("exports/<int:pk>/take-back/", byhand.export_take_back, name="export_take_back"),
    path("exports/<int:pk>/", exports.export_detail, name="export_detail"),
    path("exports/<int:pk>/retry/", exports.export_retry_one, name="export_retry_one"),
    path("exports/<int:pk>/close/", exports.export_close, name="export_close"),
    path("exports/invoice/<int:pk>/", exports.invoice_exports, name="invoice_exports"),
    path(
        "exports/invoice/<int:pk>/order/<int:connection>/",
        exports.export_order,
        name="export_order",
    ),
]
