"""Template filters of the sandboxes' pages."""

from django.template import Library

register = Library()
