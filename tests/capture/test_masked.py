import pytest

from nightlatch.capture.masked import is_masked

MASKED = ["****", "*" * 400, "Bearer ****", "Basic ************", "AWS4-HMAC-SHA256 ***"]
MASKED += ["[REDACTED]", "Bearer [Filtered]", "REDACTED", "<redacted>", "(hidden)"]
PLAIN = ["*", "**", "*/*", "Bearer abc***", "Bearer", "", "a redacted text", "text/*", "Bearer *"]


@pytest.mark.parametrize("value", MASKED)
def test_what_is_masked(value: str) -> None:
    assert is_masked(value)


@pytest.mark.parametrize("value", PLAIN)
def test_what_is_plain(value: str) -> None:
    assert not is_masked(value)
