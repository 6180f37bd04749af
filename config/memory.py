"""What the server does with memory when it starts."""

import gc

from django.urls import get_resolver


def keep_the_program_out_of_collections() -> None:
    """Load all pages, and take what is loaded out of every later garbage collection.

    A request that makes ten thousand objects makes Python look through all there are, which are
    mostly modules: that took a third of the time of a large draft.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
