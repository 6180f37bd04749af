"""Sending documents, one or many, and the words of the mails."""
