from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names also inside `import ... from`, so that a browser never mixes two versions."""

    support_js_module_import_aggregation = True
