"""Mail to the company itself."""

from django.conf import settings

from core.root_urls import tenant_reverse
from invoicing.models import CustomerQuestion
from tenants.mail import send_mail_from_template
from tenants.models import Tenant
from tenants.scope import tenant_scope


def mail_question_to_company(tenant_id: int, question_id: int) -> None:
    """To the address that customers write to, and answered from there."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        found = CustomerQuestion.objects.select_related("invoice", "access__customer")
        question = found.get(pk=question_id)
    if not tenant.email:
        return
    path = tenant_reverse(tenant.slug, "invoicing:invoice_detail", question.invoice_id)
    send_mail_from_template(
        "invoicing/mail/question",
        to=[tenant.email],
        language=tenant.language if tenant.language in ("en", "fi", "de") else "en",
        context={
            "question": question,
            "invoice": question.invoice,
            "customer": question.access.customer,
            "tenant": tenant,
            "url": settings.BASE_URL.rstrip("/") + path,
        },
    )
