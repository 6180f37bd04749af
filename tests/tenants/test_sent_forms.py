"""Forms that add something once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tenants.errors import AnsweredAlready
from tenants.models import SentForm, Tenant
from tenants.sent_forms import answer_once, token_of
from tenants.tasks import sweep_sent_forms


def test_a_form_is_answered_once(tenant: Tenant) -> None:
    token = uuid4()
    answer_once(token)
    with pytest.raises(AnsweredAlready):
        answer_once(token)
    answer_once(uuid4())


def test_without_a_token_nothing_is_kept(tenant: Tenant) -> None:
    answer_once(token_of("not a token"))
    answer_once(None)
    assert not SentForm.objects.exists()


def test_what_was_answered_long_ago_is_forgotten(tenant: Tenant) -> None:
    old, recent = uuid4(), uuid4()
    answer_once(old)
    answer_once(recent)
    SentForm.objects.filter(token=old).update(at=timezone.now() - timedelta(days=61))
    sweep_sent_forms()
    assert [form.token for form in SentForm.objects.all()] == [recent]
