"""The examples that the RFCs themselves give, beside those of RFC 7520."""

from typing import Any

import pytest

from nightlatch.identity.jose import verify

NOW = 1_300_819_300.0
"""Before the end of the claims of RFC 7515, appendix A."""
CLAIMS = {"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": True}
PAYLOAD = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
SECRET = {
    "kty": "oct",
    "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
}
EC = {
    "kty": "EC", "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}  # fmt: skip
EC_SIGNATURE = (
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
EDWARDS = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
KID = "e9bc097a-ce51-4036-9562-d2ade882db0d"
ES256 = "eyJhbGciOiJFUzI1NiJ9"
BY_EC = {"protected": ES256, "header": {"kid": KID}, "signature": EC_SIGNATURE}
BY_RSA = {"protected": "eyJhbGciOiJSUzI1NiJ9", "header": {"kid": "2010-12-29"}, "signature": "AAAA"}


@pytest.mark.parametrize(
    ("token", "key"),
    [
        pytest.param(
            f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}"
            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            SECRET,
            id="RFC 7515, A.1; RFC 7519, 3.1",
        ),
        pytest.param(f"{ES256}.{PAYLOAD}.{EC_SIGNATURE}", EC, id="RFC 7515, A.3"),
        pytest.param(
            {"payload": PAYLOAD, "signatures": [BY_RSA, BY_EC]}, EC | {"kid": KID},
            id="RFC 7515, A.6",
        ),
        pytest.param({"payload": PAYLOAD, **BY_EC}, EC | {"kid": KID}, id="RFC 7515, A.7"),
    ],
)  # fmt: skip
def test_claims_that_joe_signed(token: Any, key: dict[str, str]) -> None:
    assert verify(token, key, NOW).claims == CLAIMS
    assert verify(token, key, NOW).valid
    assert verify(token, key, NOW + 1_000).reason == "the token has expired"


def test_text_that_edwards_signed() -> None:
    """RFC 8037, appendix A.4."""
    token = (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PG"
        "cvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    assert verify(token, EDWARDS).payload == b"Example of Ed25519 signing"


def test_what_is_signed_and_must_be_refused() -> None:
    """RFC 7515, appendix A.5; RFC 7797, section 4.2."""
    assert "not signed" in verify(f"eyJhbGciOiJub25lIn0.{PAYLOAD}.", SECRET, NOW).reason
    head = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"
    value = "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
    assert not verify(f"{head}.$.02.{value}", SECRET).valid
    assert not verify({"protected": head, "payload": "$.02", "signature": value}, SECRET).valid
