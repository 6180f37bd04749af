"""Addresses of the books; included in those of invoicing."""

from django.urls import path

from invoicing.views.books import accounts, datev, journal, periods, reports, rules, tax_codes

urlpatterns = [
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/export.<filekind:kind>", accounts.account_export, name="account_export"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/import/", accounts.account_import, name="account_import"),
    path("accounts/chart/", accounts.chart_choose, name="chart_choose"),
    path("accounts/<int:pk>/", accounts.account_edit, name="account_edit"),
    path("accounts/<int:pk>/delete/", accounts.account_delete, name="account_delete"),
    path("accounts/<slug:number>/postings/", journal.account_postings, name="account_postings"),
    path(
        "accounts/<slug:number>/postings.<filekind:kind>",
        journal.account_postings_export,
        name="account_postings_export",
    ),
    path("journal/", journal.journal, name="journal"),
    path("journal/export.<filekind:kind>", journal.journal_export, name="journal_export"),
    path("journal/<int:pk>/", journal.journal_entry, name="journal_entry"),
    path("balances/", reports.trial_balance_page, name="trial_balance"),
    path(
        "balances/export.<filekind:kind>",
        reports.trial_balance_export,
        name="trial_balance_export",
    ),
    path("vat/", reports.vat_report, name="vat_report"),
    path("vat/export.<filekind:kind>", reports.vat_report_export, name="vat_report_export"),
    path("periods/", periods.period_list, name="period_list"),
    path("periods/close/", periods.period_close, name="period_close"),
    path("periods/reopen/", periods.period_reopen, name="period_reopen"),
    path("datev/", datev.datev, name="datev"),
    path("datev/export/", datev.datev_export, name="datev_export"),
    path("datev/settings/", datev.datev_settings, name="datev_settings"),
    path("datev/<int:pk>/", datev.datev_file, name="datev_file"),
    path("tax-codes/", tax_codes.tax_code_list, name="tax_code_list"),
    path("tax-codes/export.<filekind:kind>", tax_codes.tax_code_export, name="tax_code_export"),
    path("tax-codes/new/", tax_codes.tax_code_new, name="tax_code_new"),
    path("tax-codes/<int:pk>/", tax_codes.tax_code_edit, name="tax_code_edit"),
    path("tax-codes/<int:pk>/next/", tax_codes.tax_code_next, name="tax_code_next"),
    path("tax-codes/<int:pk>/delete/", tax_codes.tax_code_delete, name="tax_code_delete"),
    path("revenue-accounts/", rules.revenue_rules, name="revenue_rules"),
    path(
        "revenue-accounts/export.<filekind:kind>",
        rules.revenue_rules_export,
        name="revenue_rules_export",
    ),
    path("revenue-accounts/new/", rules.rule_new, name="rule_new"),
    path("revenue-accounts/<int:pk>/", rules.rule_edit, name="rule_edit"),
    path("revenue-accounts/<int:pk>/remove/", rules.rule_remove, name="rule_remove"),
]
