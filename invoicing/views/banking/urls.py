from django.urls import path

from invoicing.views.banking import accounts, deeds, imports, lines

urlpatterns = [
    path("", imports.bank_imports, name="bank_imports"),
    path("imports/<int:pk>/", imports.bank_import, name="bank_import"),
    path(
        "imports/<int:pk>/export.<filekind:kind>",
        lines.bank_import_export,
        name="bank_import_export",
    ),
    path("imports/<int:pk>/answer/", imports.bank_import_answer, name="bank_import_answer"),
    path("imports/<int:pk>/discard/", imports.bank_import_discard, name="bank_import_discard"),
    path("imports/<int:pk>/accept/", imports.bank_import_accept, name="bank_import_accept"),
    path("imports/<int:pk>/again/", imports.bank_import_again, name="bank_import_again"),
    path("lines/", lines.bank_lines, name="bank_lines"),
    path("lines/export.<filekind:kind>", lines.bank_line_export, name="bank_line_export"),
    path("lines/<int:pk>/", deeds.bank_line, name="bank_line"),
    path("lines/<int:pk>/accept/", deeds.bank_line_accept, name="bank_line_accept"),
    path("lines/<int:pk>/book/", deeds.bank_line_book, name="bank_line_book"),
    path("lines/<int:pk>/not-ours/", deeds.bank_line_ignore, name="bank_line_ignore"),
    path("lines/<int:pk>/bring-back/", deeds.bank_line_bring_back, name="bank_line_bring_back"),
    path("lines/<int:pk>/undo/", deeds.bank_line_undo, name="bank_line_undo"),
    path("accounts/", accounts.bank_accounts, name="bank_accounts"),
    path("accounts/new/", accounts.bank_account_new, name="bank_account_new"),
    path("accounts/<int:pk>/", accounts.bank_account_edit, name="bank_account_edit"),
]
