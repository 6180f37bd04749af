from celery import shared_task


@shared_task
def render_invoice_pdf(*, tenant_id: int, invoice_id: int) -> None:
    """Render the posted document and store it once."""
    raise NotImplementedError
