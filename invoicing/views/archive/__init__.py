"""The archive: one list of documents, saved filters, many PDFs at once."""
