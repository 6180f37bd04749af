from tests.documents.conftest import german_seller, seller

__all__ = ["german_seller", "seller"]
