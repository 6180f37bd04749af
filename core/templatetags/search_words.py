"""What was typed into a search, with the word that cannot be understood marked."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.search import SearchError

register = template.Library()
# A long text is shown around the word.
AROUND = 60


@register.simple_tag
def marked_word(typed: str, error: SearchError) -> SafeString:
    start = min(error.position, len(typed))
    end = min(start + max(len(error.word), 1), len(typed))
    before, after = typed[:start], typed[end:]
    if len(before) > AROUND:
        before = f"…{before[-AROUND:]}"
    if len(after) > AROUND:
        after = f"{after[:AROUND]}…"
    word = typed[start:end][:AROUND].replace("\0", "�")
    return format_html("{}<mark>{}</mark>{}", before.replace("\0", "�"), word, after)
