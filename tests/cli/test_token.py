"""`nightlatch token` and `nightlatch otp`, as a person and as a machine use them."""

import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.identity.jose.tokens import b64, ec_signer, hmac_signer, packed, rsa_key, rsa_signer
from typer.testing import CliRunner, Result

from nightlatch.cli import cli
from nightlatch.cli.output import Refusal

SECRET = "hex:" + bytes(range(64)).hex()
CLAIMS = {"iss": "https://id.example", "sub": "u1", "exp": 4_000_000_000, "iat": 1_700_000_000}
HMAC, EC = hmac_signer("HS256"), ec_signer("ES256")


def invoke(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=given, env={"COLUMNS": "200", "TZ": "UTC"})


def said(*arguments: str, exit_code: int = 0, given: str | None = None) -> str:
    result = invoke(*arguments, given=given)
    assert result.exit_code == exit_code, result.output
    return " ".join(result.output.split())


def told(*arguments: str, exit_code: int = 0) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def refusal(*arguments: str) -> str:
    result = invoke(*arguments)
    assert isinstance(result.exception, Refusal), result.output
    return str(result.exception)


def token(**claims: object) -> str:
    return HMAC.token(json.dumps({**CLAIMS, **claims}).encode())


def test_a_token_is_taken_apart_in_words() -> None:
    words = said("token", "inspect", token())
    assert "This is a JSON Web Token (JWT), signed." in words
    assert "iss https://id.example who issued it" in words
    assert "good until 2096-10-02 07:06:40" in words
    assert "aud is missing" in words
    shown = told("token", "inspect", token(sub="ada@example.com"))
    assert {line["name"] for line in shown["claims"]} == set(CLAIMS)
    assert ("subject", "Medium") in {(one["rule"], one["level"]) for one in shown["faults"]}


def test_a_file_that_is_not_there_is_no_token(tmp_path: Path) -> None:
    for command in ("inspect", "verify", "lint"):
        assert "no such file" in refusal("token", command, str(tmp_path / "token.txt"))
    assert "no such file" in refusal("token", "sign", "claims.json", "--secret", SECRET)
    assert "it is empty" in refusal("token", "inspect", " ")
    (tmp_path / "token.txt").write_text(token())
    assert "token.txt: this is neither" in refusal(
        "token", "verify", token(), "--key", str(tmp_path / "token.txt")
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("v4.local.AAAA", "a PASETO, encrypted (version 4)"),
        ("v2.public.AAAA", "a PASETO, signed (version 2)"),
        ("MDAxY2xvY2F0aW9u", "a macaroon (version 1)"),
        ("AgEJbG9jYXRpb24", "a macaroon (version 2)"),
        ("2YotnFZFEjr1zCsicMWpAA", "an opaque token"),
        (f"{packed({'alg': 'dir', 'enc': 'A256GCM'})}..YQ.YQ.YQ", "an encrypted token (JWE)"),
    ],
)
def test_other_tokens_are_named(text: str, kind: str) -> None:
    assert kind in said("token", "inspect", text)


def test_a_token_comes_from_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text(token() + "\n")
    for words in (
        said("token", "inspect", str(file)),
        said("token", "inspect", "-", given=token()),
    ):
        assert "https://id.example" in words


def test_control_characters_do_not_reach_the_terminal() -> None:
    output = invoke("token", "inspect", token(sub="\x1b[2J[bold]x")).output
    assert "\x1b" not in output
    assert "�[2J[bold]x" in output


@pytest.mark.slow
def test_a_signature_that_holds() -> None:
    words = said("token", "verify", token(), "--secret", SECRET)
    assert words.startswith("Valid. The signature holds")
    assert told("token", "verify", token(), "--secret", SECRET)["claims"] == CLAIMS
    base64 = "base64:" + b64(bytes(range(64)))
    assert told("token", "verify", token(), "--secret", base64)["valid"]
    asked = invoke("token", "verify", token(), "--secret", "-", given=f"{SECRET}\n")
    assert asked.exit_code == 0
    assert SECRET not in asked.output


@pytest.mark.slow
def test_one_that_does_not() -> None:
    assert "Not valid: the signature does not hold." in said(
        "token", "verify", token(), "--secret", "hex:" + "00" * 64, exit_code=1
    )
    expired = told("token", "verify", token(exp=1), "--secret", SECRET, exit_code=1)
    assert expired["reason"] == "the token has expired"


def test_keys_in_every_spelling(tmp_path: Path) -> None:
    spellings = {
        "jwk": json.dumps(EC.public),
        "set": json.dumps({"keys": [EC.public]}),
        "pem": rsa_key().public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ).decode(),
    }  # fmt: skip
    for name, text in spellings.items():
        file = tmp_path / name
        file.write_text(text)
        signer = rsa_signer("RS256") if name == "pem" else EC
        assert told("token", "verify", signer.token(), "--key", str(file))["valid"], name
    assert len(spellings) == 3


def test_what_is_no_key_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert "No such file" in refusal("token", "verify", token(), "--key", str(file))
    file.write_text("nonsense")
    assert "neither PEM nor JSON" in refusal("token", "verify", token(), "--key", str(file))
    file.write_text("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n")
    assert "this PEM holds no" in refusal("token", "verify", token(), "--key", str(file))
    file.write_text("[1]")
    assert "neither a key nor a set" in refusal("token", "verify", token(), "--key", str(file))
    assert "not hex" in refusal("token", "verify", token(), "--secret", "hex:zz")
    assert "not base64" in refusal("token", "verify", token(), "--secret", "base64:*")
    assert "Which key?" in refusal("token", "verify", token())


@pytest.mark.slow
def test_lint_judges_the_keys_too(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps({**EC.public, "d": "AAAA"}))
    found = told("token", "lint", token(aud="x", jti="1"), "--key", str(file), exit_code=1)
    assert {"key-confusion", "private-key-published"} <= {one["rule"] for one in found}
    assert all(one["source"] and one["remedy"] for one in found)
    sound = packed({"alg": "ES256", "typ": "at+jwt"})
    claims = {**CLAIMS, "aud": "x", "jti": "1", "exp": CLAIMS["iat"] + 600}  # type: ignore[operator]
    quiet = EC.signed(sound, b64(json.dumps(claims).encode()))
    assert "No rule finds anything wrong" in said("token", "lint", quiet)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["EC", "OKP", "RSA", "oct"])
def test_a_key_is_made_signs_and_verifies(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(invoke("token", "key", kind).output)
    made = said(
        "token", "sign", '{"sub": "u1"}', "--key", str(file), "--header", '{"typ":"at+jwt"}'
    )
    found = told("token", "verify", made, "--key", str(file))
    assert found["valid"]
    assert found["claims"]["exp"] - found["claims"]["iat"] == 600
    assert found["header"]["typ"] == "at+jwt"
    assert found["key_id"] == json.loads(file.read_text())["kid"]
    if kind == "oct":
        assert "no public part" in refusal("token", "key", "--public", str(file))
        return
    published = json.loads(invoke("token", "key", "--public", str(file)).output)
    assert "d" not in published["keys"][0]
    public = tmp_path / "public.json"
    public.write_text(json.dumps(published))
    assert told("token", "verify", made, "--key", str(public))["valid"]
    assert "cannot sign" in refusal("token", "sign", "{}", "--key", str(public))


def test_what_cannot_be_made() -> None:
    assert "one of EC, OKP, RSA, oct" in refusal("token", "key", "DSA")
    assert "one of 2048" in refusal("token", "key", "RSA", "--size", "512")
    assert "no JSON" in refusal("token", "sign", "{", "--secret", SECRET)
    assert "no JSON object" in refusal("token", "sign", "[]", "--secret", SECRET)
    wrong = refusal("token", "sign", "{}", "--secret", SECRET, "--header", '{"alg":"RS256"}')
    assert "with nothing else" in wrong


def test_a_code_is_enrolled_shown_and_checked() -> None:
    made = told("otp", "enrol", "ada", "--issuer", "Shop", "--digits", "7", "--period", "20")
    assert made["uri"].startswith("otpauth://totp/Shop:ada?secret=")
    shown = told("otp", "code", made["uri"])
    assert len(shown["code"]) == 7
    assert 0 < shown["seconds_left"] <= 20
    assert said("otp", "check", made["uri"], shown["code"]).startswith("Right")
    wrong = "0000000" if shown["code"] != "0000000" else "1111111"
    assert "Wrong:" in said("otp", "check", made["uri"], wrong, exit_code=1)
    assert told("otp", "check", made["uri"], "12", exit_code=1)["reason"] == "a code has 7 digits"


def test_the_picture_is_for_people() -> None:
    output = invoke("otp", "enrol", "ada", "--issuer", "Shop", "--counter").output
    assert "otpauth://hotp/Shop:ada" in output
    assert sum(line.count("▄") + line.count("█") for line in output.splitlines()) > 200


def test_a_clock_that_is_off_is_told() -> None:
    import pyotp

    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(time.time() - 300)
    assert "behind: set it right" in said("otp", "check", secret, code, exit_code=1)
    assert "secret cannot be used" in refusal("otp", "code", "0189")
    assert "80 bits" in said("otp", "code", "JBSWY3DPEHPK3PXP")


def test_the_link_to_the_console_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "/?token=" in told("token")["url"]


def test_a_token_is_found_in_what_it_was_wrapped_in() -> None:
    words = said("token", "inspect", f"Authorization: Bearer {token()}")
    assert "It was in the header field Authorization." in words
    address = said("token", "inspect", f"https://api.example/?access_token={token()}")
    assert "RFC 6750, section 2.3" in address
    assert told("token", "inspect", f"Bearer {token()}")["found"] == "after the word Bearer"


def test_json_says_what_json_can() -> None:
    odd = f"{packed({'alg': 'HS256'})}.{packed({'a': chr(0xD800), 'b': float('inf')})}.x"
    values = {line["name"]: line["value"] for line in told("token", "inspect", odd)["claims"]}
    assert values == {"a": "?", "b": "(not to be told in JSON)"}


@pytest.mark.slow
def test_a_token_for_another_is_not_valid() -> None:
    given = ("token", "verify", token(aud="a"), "--secret", SECRET)
    assert "Valid." in said(*given, "--audience", "a", "--issuer", "https://id.example")
    assert "not for b, but for a" in said(*given, "--audience", "b", exit_code=1)
    assert "The key: shared secret, 512 bits" in said(*given)


def test_what_is_encrypted_can_be_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(told_key("EC")))
    inner = token()
    sealed = invoke("token", "encrypt", inner, "--key", str(file)).output.strip()
    assert sealed.count(".") == 4
    opened = said("token", "verify", sealed, "--key", str(file), exit_code=1)
    assert "It was opened: eyJ" in opened
    claims = invoke("token", "encrypt", '{"sub": "ada"}', "--key", str(file)).output.strip()
    assert "sub: ada" in said("token", "verify", claims, "--key", str(file))
    refused = refusal("token", "encrypt", "{}", "--key", str(file), "--header", '{"alg": "dir"}')
    assert "with nothing else" in refused


def test_a_key_set_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [EC.public, EC.public]}))
    words = said("token", "keys", str(file), exit_code=1)
    assert "another key has the same id" in words
    file.write_text(json.dumps(EC.public))
    assert "nothing" in said("token", "keys", str(file))
    assert told("token", "keys", str(file))["keys"][0]["signs"] == ["ES256"]


def told_key(kind: str) -> Any:
    return json.loads(invoke("token", "key", kind).stdout)


# Secrets that can be guessed


def weakly(secret: bytes) -> str:
    text = f"{packed({'alg': 'HS256'})}.{packed(CLAIMS)}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha256'))}"


@pytest.mark.slow
def test_a_guessable_secret_is_found_and_never_shown(tmp_path: Path) -> None:
    faults = {one["rule"]: one for one in told("token", "lint", weakly(b"trustno1"), exit_code=1)}
    assert faults["weak-secret"]["level"] == "High"
    assert re.search(r"\(8 bytes\) is number [\d,]+ in", faults["weak-secret"]["evidence"])
    assert "trustno1" not in said("token", "lint", weakly(b"trustno1"), exit_code=1)

    file = tmp_path / "words.txt"
    file.write_text("blue moon over the bay\n")
    strange = weakly(b"blue moon over the bay")
    rules = {one["rule"] for one in told("token", "lint", strange)}
    assert "weak-secret" not in rules
    assert "weak-secret" in {
        one["rule"] for one in told("token", "lint", strange, "--words", str(file), exit_code=1)
    }
    assert invoke("token", "lint", strange, "--words", str(tmp_path / "none")).exit_code == 2


@pytest.mark.slow
def test_verifying_tells_of_a_guessable_secret() -> None:
    secret = "secretsecretsecretsecretsecretse"
    words = said("token", "verify", weakly(secret.encode()), "--secret", secret)
    assert "Valid." in words
    assert "Its secret can be guessed" in words
    assert told("token", "verify", weakly(secret.encode()), "--secret", secret)["guessable"]
    assert not told("token", "verify", token(), "--secret", SECRET)["guessable"]
