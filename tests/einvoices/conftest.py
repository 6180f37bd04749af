from tests.documents.conftest import _own_folder, german_seller, seller

__all__ = ["_own_folder", "german_seller", "seller"]
