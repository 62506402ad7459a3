import pytest

from nightlatch.capture.masked import is_masked, stand_in

MASKED = {
    "****": "masked",
    "*" * 400: "masked",
    "Bearer ****": "Bearer masked",
    "Basic ************": "Basic masked",
    "AWS4-HMAC-SHA256 ***": "AWS4-HMAC-SHA256 masked",
    "[REDACTED]": "masked",
    "Bearer [Filtered]": "Bearer masked",
    "REDACTED": "masked",
}
PLAIN = ["*", "**", "*/*", "Bearer abc***", "Bearer", "", "a redacted text", "text/*", "Bearer *"]


@pytest.mark.parametrize(("value", "there"), MASKED.items(), ids=lambda text: str(text)[:20])
def test_what_is_masked_was_there(value: str, there: str) -> None:
    assert is_masked(value)
    assert stand_in(value) == there


@pytest.mark.parametrize("value", PLAIN)
def test_what_is_plain_stays_so(value: str) -> None:
    assert not is_masked(value)
    assert stand_in(value) == value
