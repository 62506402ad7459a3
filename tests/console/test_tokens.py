"""The token bench over real requests: every tab, without a script and with one."""

import html
import json
import re
from typing import Any

import pytest
from fastapi import HTTPException, Request
from starlette.types import Message
from tests.console.house import Client, House
from tests.console.sample_house import NOW
from tests.identity.jose.tokens import packed
from tests.workbench.tokens.issuer import SIGNING, issuer
from tests.workbench.tokens.test_judging import HOSTILE, OPENER

from nightlatch.console.context import CSRF_FIELD, CSRF_HEADER, MAX_FORM, read_form
from nightlatch.console.pages.token_bench import PART_HEADER, TABS
from nightlatch.identity.lint.registry import RULES
from nightlatch.identity.one_time_codes import code_at, read_enrolment
from nightlatch.workbench.tokens.making import seal, sign
from nightlatch.workbench.tokens.material import generate, public_part

EC = generate("EC", alg="ES256")
PUBLIC = json.dumps(public_part(EC))
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example", "sub": "ada", "aud": "https://api.example", "jti": "1",
    "iat": int(NOW) - 60, "exp": int(NOW) + 300,
}  # fmt: skip
TOKEN = sign(CLAIMS, EC)


def send(house: House, client: Client, path: str, **fields: str) -> str:
    """As the page's script does."""
    headers = {CSRF_HEADER: house.csrf_of(client), PART_HEADER: "1"}
    answer = client.post(path, data={"": "", **fields}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "<html" not in answer.text
    return answer.text


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def field(page: str, name: str) -> str:
    """What stands in a text area."""
    found = re.search(rf'<textarea[^>]* id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found, name
    return html.unescape(found[1])


def verdict(page: str) -> str:
    found = re.search(r"data-say>(.*?)</h2>", page, re.DOTALL)
    assert found, words(page)[:400]
    return words(found[1])


def test_every_tab_is_a_page(client: Client) -> None:
    for path, _, title in TABS:
        page = client.get(path)
        assert page.status_code == 200
        assert f'<a href="{path}" aria-current="page">{title}</a>' in page.text
        assert 'autocomplete="off"' in page.text
    assert len(TABS) == 4


def test_strangers_are_shown_nothing_and_other_sites_send_nothing(
    stranger: Client, client: Client
) -> None:
    for path, _, _ in TABS:
        assert stranger.get(path).status_code == 401
        assert stranger.post(path, data={"token": TOKEN}).status_code == 401
        assert client.post(path, data={"token": TOKEN}).status_code == 403


def test_it_works_without_a_script(client: Client, house: House) -> None:
    page = client.post(
        "/tokens", data={CSRF_FIELD: house.csrf_of(client), "token": TOKEN, "key": PUBLIC}
    )
    assert page.text.startswith("<!doctype html>")
    assert verdict(page.text) == "Valid"
    assert field(page.text, "t-token") == TOKEN


def test_a_token_is_taken_apart_as_one_types(client: Client, house: House) -> None:
    page = send(house, client, "/tokens", token=f"Bearer {TOKEN}", zone="Europe/Helsinki")
    said = words(page)
    assert verdict(page) == "Not verified"
    assert "This is a JSON Web Token (JWT), signed." in said
    assert "Found after the word Bearer." in said
    assert "good until 2025-06-15 18:11:40 EEST in 5 min" in said
    assert "UTC" in words(send(house, client, "/tokens", token=TOKEN, zone="../../etc/passwd"))


def test_what_is_wrong_with_it_leads_to_the_rule(client: Client, house: House) -> None:
    page = send(house, client, "/tokens", token=sign({"email": "ada@example.com"}, EC))
    linked = set(re.findall(r"/tokens/rules#([a-z-]+)", page))
    assert {"no-expiry", "personal-claims"} <= linked <= {rule.id for rule in RULES}
    assert "personal data" in words(page)
    rules = client.get("/tokens/rules").text
    assert all(f'<li id="{rule.id}">' in rules for rule in RULES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "spelling", "said"),
    [
        (PUBLIC, "", "Valid"),
        (json.dumps({"keys": [public_part(EC)]}), "", "Valid"),
        (json.dumps(public_part(generate("EC"))), "", "Not valid: the signature does not hold"),
        ("a secret", "", "Not valid: no key given is for ES256"),
        ("zz", "hex", "Not verified: the secret is not hex"),
        ("{", "", "Not verified: this is neither PEM nor JSON"),
        ("https://id.example", "", "Not verified: the keys are at an address, which is asked when"),
    ],
)
def test_a_verdict(client: Client, house: House, key: str, spelling: str, said: str) -> None:
    assert verdict(
        send(house, client, "/tokens", token=TOKEN, key=key, spelling=spelling)
    ).startswith(said)


def test_a_verdict_on_whom_it_is_for(client: Client, house: House) -> None:
    page = send(house, client, "/tokens", token=TOKEN, key=PUBLIC, audience="https://x.example")
    assert "it is not for https://x.example" in verdict(page)
    assert "The signature itself holds" in words(page)


@pytest.mark.slow
def test_a_secret_is_read_as_it_is_said(client: Client, house: House) -> None:
    token = sign(CLAIMS, {"kty": "oct", "k": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"})
    secret = "01234567890123456789012345678901"
    spellings = {"": secret, "text": secret, "hex": secret.encode().hex(),
                 "base64": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}  # fmt: skip
    for spelling, key in spellings.items():
        page = send(house, client, "/tokens", token=token, key=key, spelling=spelling)
        assert verdict(page) == "Valid", spelling


def test_what_was_encrypted_is_shown(client: Client, house: House) -> None:
    key = generate("EC", use="enc")
    sealed = seal(TOKEN, key)
    assert "What was encrypted" not in words(send(house, client, "/tokens", token=sealed))
    both = json.dumps({"keys": [key, public_part(EC)]})
    page = send(house, client, "/tokens", token=sealed, key=both)
    assert verdict(page) == "Valid"
    assert "What was encrypted: a JSON Web Token (JWT), signed" in words(page)
    assert "https://api.example" in page
    half = send(house, client, "/tokens", token=sealed, key=json.dumps(key))
    assert "It was opened with a key given; what is inside is not signed by one" in words(half)
    text = send(house, client, "/tokens", token=seal("<b>plain</b>", key), key=json.dumps(key))
    assert "&lt;b&gt;plain&lt;/b&gt;" in text


def test_claims_are_there_as_json_and_can_be_signed_anew(client: Client, house: House) -> None:
    page = send(house, client, "/tokens", token=TOKEN)
    assert json.loads(field(page, "json-outer-claims")) == CLAIMS
    hidden = re.search(r'name="claims" value="([^"]*)"', page)
    assert hidden
    anew = send(house, client, "/tokens/create", claims=html.unescape(hidden[1]))
    assert json.loads(field(anew, "c-claims")) == CLAIMS


def test_an_opaque_token_leads_to_its_issuer(client: Client, house: House) -> None:
    page = send(house, client, "/tokens", token="2YotnFZFEjr1zCsicMWpAA")
    assert verdict(page) == "Opaque"
    assert 'href="/oauth"' in page


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tokens_are_answered(client: Client, house: House, name: str) -> None:
    token = HOSTILE[name].encode("utf-8", "replace").decode()
    key = json.dumps(OPENER)
    page = send(house, client, "/tokens", token=token, key=key, issuer="\0", zone="\0")
    assert "Valid" not in verdict(page) if token else "shown here as you type" in words(page)
    token = token[:200_000]
    for path, _, _ in TABS[1:]:
        fields = {"claims": token, "key": token, "keys": token, "shared": token, "code": token}
        assert send(house, client, path, **fields)


def test_nothing_in_a_token_is_markup(client: Client, house: House) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}\ud800"
    claims = {evil: evil, "iss": evil, "list": [evil], "o": {evil: evil}}
    token = f"{packed({'alg': evil, 'kid': evil, 'typ': evil, evil: 1})}.{packed(claims)}.c2ln"
    page = send(house, client, "/tokens", token=token, key=PUBLIC, issuer=evil[:-1])
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_form_is_bounded(client: Client, house: House) -> None:
    headers = {CSRF_HEADER: house.csrf_of(client), PART_HEADER: "1"}
    large = client.post("/tokens", data={"token": "e" * MAX_FORM}, headers=headers)
    assert large.status_code == 413
    without = dict(headers, **{"content-type": "application/x-www-form-urlencoded"})
    chunks = client.post("/tokens", content=iter_chunks(), headers=without)
    assert chunks.status_code == 413


async def iter_chunks() -> Any:
    yield b"token=x"


@pytest.mark.parametrize(
    "said",
    [
        {"content-length": "0" * 12 + str(MAX_FORM)},
        {"content-length": "9" * 5_000},
        {"content-length": "٣"},
        {"content-length": "-1"},
        {"content-length": "7", "transfer-encoding": "chunked"},
    ],
    ids=lambda said: " ".join(said)[:40],
)
async def test_a_form_says_how_long_it_is(said: dict[str, str]) -> None:
    async def unread() -> Message:
        raise AssertionError("this must not be read")

    headers = [(name.encode(), value.encode("utf-8")) for name, value in said.items()]
    with pytest.raises(HTTPException) as refused:
        await read_form(Request({"type": "http", "method": "POST", "headers": headers}, unread))
    assert refused.value.status_code == 413


async def test_a_form_that_breaks_off_is_no_fault_of_ours() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    headers = [(b"content-length", b"9"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "headers": headers}
    with pytest.raises(HTTPException) as refused:
        await read_form(Request(scope, gone))
    assert refused.value.status_code == 400


@pytest.mark.slow
def test_keys_come_from_an_issuers_address(client: Client, house: House) -> None:
    token = sign(CLAIMS, SIGNING)
    with issuer() as base:
        address = base + "/openid"
        typed = send(house, client, "/tokens", token=token, key=address)
        assert verdict(typed).startswith("Not verified: the keys are at an address")
        page = send(house, client, "/tokens", token=token, key=address, press="verify")
        assert verdict(page) == "Valid"
        assert "one of 2 keys at that address" in words(page)
        astray = send(house, client, "/tokens", token=token, key=base + "/cloud", press="verify")
        assert "never asked" in verdict(astray)
        judged = send(house, client, "/tokens/keys", keys=address, do="fetch")
        assert "2 keys: sound" in words(judged)


# Create ----------------------------------------------------------------------------------------


def test_a_token_is_made_and_goes_to_inspection(client: Client, house: House) -> None:
    page = send(house, client, "/tokens/create", do="key", new_key="EC:P-384", claims='{"a": 1}')
    key, token = field(page, "c-key"), field(page, "c-token")
    assert json.loads(key)["crv"] == "P-384"
    assert "<option>ES384</option>" in page
    assert "<option>HS256</option>" not in page
    seen = send(house, client, "/tokens", token=token, key=field(page, "c-readers"))
    assert verdict(seen) == "Valid"
    assert '"d"' not in field(page, "c-readers")


@pytest.mark.slow
def test_the_algorithm_is_one_that_the_key_may(client: Client, house: House) -> None:
    key = json.dumps(generate("RSA"))
    page = send(house, client, "/tokens/create", key=key, alg="RS512", claims="{}")
    assert "selected>RS512" in page
    assert "RS512" in words(send(house, client, "/tokens", token=field(page, "c-token")))
    other = send(house, client, "/tokens/create", key=key, alg="HS256", claims="{}")
    assert "PS256" in words(send(house, client, "/tokens", token=field(other, "c-token")))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "alg"), [("EC:P-256", "ECDH-ES"), ("RSA:2048", "RSA-OAEP-256"),
                                           ("oct:256", "dir"), ("OKP:X25519", "")])  # fmt: skip
def test_encrypted_tokens_are_made(client: Client, house: House, kind: str, alg: str) -> None:
    made = send(house, client, "/tokens/create", way="sealed", do="to", new_to=kind)
    to = field(made, "c-to")
    page = send(house, client, "/tokens/create", way="sealed", to=to, seal_alg=alg, claims="{}")
    seen = send(house, client, "/tokens", token=field(page, "c-token"), key=to)
    assert verdict(seen) == "Valid"
    assert alg in words(seen)


def test_one_is_signed_and_then_encrypted(client: Client, house: House) -> None:
    to = json.dumps(generate("EC", use="enc"))
    page = send(house, client, "/tokens/create", way="both", key=json.dumps(EC), to=to,
                claims=json.dumps(CLAIMS))  # fmt: skip
    seen = send(
        house, client, "/tokens", token=field(page, "c-token"), key=field(page, "c-readers")
    )
    assert verdict(seen) == "Valid"
    assert "What was encrypted" in words(seen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"claims": "{"}, "The claims: this is no sound JSON (line 1)"),
        ({"claims": "[1]"}, "The claims: this is no JSON object"),
        ({"claims": "[" * 5_000}, "The claims: this is no sound JSON"),
        ({"header": "x"}, "The header: this is no sound JSON"),
        ({"key": PUBLIC}, "This is a public key"),
        ({"key": "{"}, "The key that signs: this is neither PEM nor JSON"),
        ({"key": "https://id.example"}, "The key that signs cannot be an address"),
        ({"key": "short"}, "A secret of 40 bits signs nothing: HS256 needs 256"),
        ({"header": '{"crit": 1}'}, "The token cannot be made"),
    ],
)
def test_what_hinders_a_token_is_said(
    client: Client, house: House, fields: dict[str, str], said: str
) -> None:
    given = {"claims": "{}", "key": json.dumps(EC), **fields}
    assert said in words(send(house, client, "/tokens/create", **given))


# Keys ------------------------------------------------------------------------------------------


def test_a_set_is_built_judged_and_published(client: Client, house: House) -> None:
    one = send(house, client, "/tokens/keys", do="new", kind="EC:P-256", use="sig", alg="ES256")
    two = send(house, client, "/tokens/keys", do="new", kind="RSA:2048", kid="mine",
               keys=field(one, "k-keys"))  # fmt: skip
    keys = json.loads(field(two, "k-keys"))["keys"]
    assert [key["kty"] for key in keys] == ["EC", "RSA"]
    assert keys[1]["kid"] == "mine"
    public = json.loads(field(two, "k-published"))["keys"]
    assert not any("d" in key for key in public)
    assert "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" in two
    assert field(two, "k-private-0").startswith("-----BEGIN PRIVATE KEY-----")
    three = send(house, client, "/tokens/keys", do="remove-0", keys=field(two, "k-keys"))
    assert [key["kid"] for key in json.loads(field(three, "k-keys"))["keys"]] == ["mine"]
    four = send(house, client, "/tokens/keys", do="add", add=field(one, "k-private-0")
                if 'id="k-private-0"' in one else "", keys=field(three, "k-keys"))  # fmt: skip
    assert len(json.loads(field(four, "k-keys"))["keys"]) == 2


def test_what_is_wrong_with_a_set_is_said(client: Client, house: House) -> None:
    bad = {"keys": [public_part(EC), public_part(EC), generate("oct")]}
    said = words(send(house, client, "/tokens/keys", keys=json.dumps(bad)))
    assert "3 keys: to be mended" in said
    assert "Another key has the same id" in said
    assert "The set mixes secrets with public keys" in said
    assert "This is neither PEM nor JSON" in words(send(house, client, "/tokens/keys", keys="{"))
    nothing = words(send(house, client, "/tokens/keys", do="add"))
    assert "Paste the key that is to be added" in nothing
    wrong = send(house, client, "/tokens/keys", do="new", kind="EC:nonsense")
    assert "For EC: one of P-256" in words(wrong)


# One-time codes --------------------------------------------------------------------------------


def test_a_code_is_enrolled_and_checked(client: Client, house: House) -> None:
    page = send(house, client, "/tokens/codes", do="new", issuer="Shop", account="ada",
                period="20", digits="7", algorithm="SHA256")  # fmt: skip
    uri = field(page, "o-uri")
    enrolment = read_enrolment(uri)
    assert (enrolment.period, enrolment.digits, enrolment.algorithm) == (20, 7, "SHA256")
    assert 'src="data:image/svg+xml' in page
    code = code_at(enrolment, NOW)
    right = words(send(house, client, "/tokens/codes", shared=uri, code=code))
    assert "Right" in right
    assert "The clocks agree" in right
    late = words(
        send(house, client, "/tokens/codes", shared=uri, code=code_at(enrolment, NOW - 100))
    )
    assert "the clock that made it is about 100 s behind" in late
    assert "It is the code of step" in late
    wrong = words(send(house, client, "/tokens/codes", shared=uri, code="12"))
    assert "Wrong: a code has 7 digits" in wrong


def test_a_code_by_counter(client: Client, house: House) -> None:
    page = send(house, client, "/tokens/codes", do="new", by="counter", digits="6")
    uri = field(page, "o-uri")
    assert "Code of counter 0" in words(page)
    ahead = code_at(read_enrolment(uri.replace("counter=0", "counter=7")), 0)
    said = words(send(house, client, "/tokens/codes", shared=uri, code=ahead))
    assert "the token is 7 presses ahead" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"shared": "otpauth://what"}, "no address for one-time codes"),
        ({"shared": "!!"}, "The secret cannot be used"),
        ({"shared": "JBSWY3DPEHPK3PXP"}, "It works, but the secret has 80 bits"),
        ({"do": "new", "period": "0"}, "A period has 1 to 120 seconds"),
        ({"do": "new", "period": "x"}, "The period is a number"),
        ({"do": "new", "digits": "9"}, "Codes have 6, 7 or 8 digits"),
        ({"do": "new", "algorithm": "MD5"}, "The algorithm is one of"),
    ],
)
def test_what_hinders_a_code_is_said(
    client: Client, house: House, fields: dict[str, str], said: str
) -> None:
    assert said in words(send(house, client, "/tokens/codes", **fields))
