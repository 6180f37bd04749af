"""From a selection of work to a draft."""
