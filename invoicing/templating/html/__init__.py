"""HTML templates: read, filled and set in a process of their own that can reach nothing else.

`program` and what it imports run there, without Django and its settings.
"""
