import pytest

from qa.encoder import SentenceEncoder


@pytest.fixture(scope="session")
def encoder():
    """The shipped encoder, loaded once for all tests that need it."""
    return SentenceEncoder()
