import pytest

# The suite is no test module, yet its assertions should explain themselves as those of one do.
pytest.register_assert_rewrite("tests.wallets.conformance")
