from django.db import transaction

from invoicing.models import BankAccount
from tenants.audit import changes_to, log
from tenants.books import check_account
from tenants.models import User

_CHANGED = ("name", "number", "currency", "ledger_account", "is_active")


@transaction.atomic
def save_account(account: BankAccount, *, actor: User | None) -> BankAccount:
    """Add the account, or change it; what was booked stays on the account it was booked on."""
    if account._state.adding:
        check_account(account.ledger_account, field="ledger_account")
        account.save(force_insert=True)
        log("bank_account.added", account, actor=actor, number=account.number)
        return account
    held: BankAccount = BankAccount.objects.select_for_update().get(pk=account.pk)
    changes = changes_to(held, {name: getattr(account, name) for name in _CHANGED})
    if "ledger_account" in changes:
        check_account(held.ledger_account, field="ledger_account")
    if changes:
        held.save()
        log("bank_account.changed", held, actor=actor, **changes)
    return held
