"""The built-in designs of documents: choosing one, and setting it with the paper beside."""
