"""Addresses of the whole installation from inside a tenant, whose prefix `reverse` would add."""

from typing import Any

from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix


def root_reverse(name: str, *args: Any) -> str:
    """Reverse a name of `config/urls.py`, wherever the request is."""
    prefix = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse(name, urlconf=settings.ROOT_URLCONF, args=args)
    finally:
        set_script_prefix(prefix)


def tenant_home(slug: str) -> str:
    return f"/{slug}/"


def tenant_reverse(slug: str, name: str, *args: Any) -> str:
    """Reverse a name of a company's pages from outside of any request, as for mails."""
    prefix = get_script_prefix()
    set_script_prefix(tenant_home(slug))
    try:
        return reverse(name, urlconf=settings.TENANT_URLCONF, args=args)
    finally:
        set_script_prefix(prefix)
