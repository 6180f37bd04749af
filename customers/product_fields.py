"""Fields of forms in which something is filled in from a product."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from tenants.base import TenantModelChoiceField


def product_field() -> TenantModelChoiceField:
    """Which product it was; set when one is chosen in the field of the text."""
    return TenantModelChoiceField(
        model=Product,
        required=False,
        widget=forms.HiddenInput(),
        error_messages={
            "invalid_choice": _("This product was deleted meanwhile. Choose another one, or none.")
        },
    )


def search_products_in(form: forms.Form, **told: Any) -> None:
    """Look products up while the text is typed; `told` says for whom, where the form does not."""
    query = urlencode({name: value for name, value in told.items() if value})
    url = reverse("customers:product_search") + (f"?{query}" if query else "")
    form.fields["text"].widget.attrs |= {"data-product-search": url, "autocomplete": "off"}


def chosen_product(form: forms.Form) -> Product | None:
    """The one whose number is shown beside the text."""
    bound = form["product"]
    key = str(bound.value() or "")
    if not (key.isascii() and key.isdecimal() and len(key) < 18):
        return None
    found: Product | None = Product.objects.filter(pk=key).first()
    return found
