"""Packages and subscriptions: lists, pages and dialogs."""
