import base64
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.credential import Credential, CredentialKind, CredentialPlace
from nightlatch.exchange.credential import CredentialState as State
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.identity.credentials import CredentialReader, credential_state


def token(**claims: str) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256"}, claims))
    return ".".join([base64.urlsafe_b64encode(part).decode() for part in parts]) + ".c2ln"


HASHER = Hasher(bytes(32))
READER = CredentialReader(HASHER, ["X-Partner", "partner_key"], ["X-Visit", "visit"])
JWT = token(sub="17")
BASIC = base64.b64encode(b"alice:hunter2").decode()
AWS = "AKIAIOSFODNN7EXAMPLE/20261122/eu/execute-api/aws4_request"
DIGEST = 'Digest username="alice", response="x"'
OAUTH = 'OAuth oauth_consumer_key="a", oauth_signature="x"'
RFC_9421 = [("Signature-Input", 'sig1=("@path");keyid="a"'), ("Signature", "sig1=:x:")]
XFCC = ("X-Forwarded-Client-Cert", 'Hash=9f8e;Subject="CN=a"')

Fields = list[tuple[str, str]]
Expected = list[tuple[CredentialKind, CredentialPlace, str]]


def request(fields: Fields, query: str = "") -> Request:
    return Request("GET", "https", "a", "/", query, headers_of(fields), "")


def read(fields: Fields, query: str = "") -> tuple[Credential, ...]:
    return READER.read(request(fields, query))


K, P = CredentialKind, CredentialPlace
H = P.HEADER
AUTH = "authorization"

FOUND: list[tuple[Fields, str, Expected]] = [
    # Authorization
    ([("Authorization", f"Bearer {JWT}")], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", f"bearer   {JWT}")], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", f"Bearer Bearer {JWT}")], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", f"JWT {JWT}")], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", f"DPoP {JWT}")], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", JWT)], "", [(K.BEARER_JWT, H, AUTH)]),
    ([("Authorization", "Bearer abc.def")], "", [(K.BEARER_OPAQUE, H, AUTH)]),
    ([("Authorization", "Bearer 9f8e7d6c")], "", [(K.BEARER_OPAQUE, H, AUTH)]),
    ([("Authorization", "Token 9f8e7d6c")], "", [(K.BEARER_OPAQUE, H, AUTH)]),
    ([("Authorization", 'Token token="9f8e7d6c"')], "", [(K.BEARER_OPAQUE, H, AUTH)]),
    ([("Authorization", "9f8e7d6c")], "", [(K.BEARER_OPAQUE, H, AUTH)]),
    ([("Authorization", f"Basic {BASIC}")], "", [(K.BASIC, H, AUTH)]),
    ([("Authorization", "Basic nonsense")], "", [(K.OTHER, H, AUTH)]),
    ([("Authorization", DIGEST)], "", [(K.DIGEST, H, AUTH)]),
    ([("Authorization", f"AWS4-HMAC-SHA256 Credential={AWS}")], "", [(K.AWS_SIGV4, H, AUTH)]),
    ([("Authorization", f"AWS4-ECDSA-P256 Credential={AWS}")], "", [(K.AWS_SIGV4, H, AUTH)]),
    ([("Authorization", 'Hawk id="dh37", mac="6R4="')], "", [(K.HAWK, H, AUTH)]),
    ([("Authorization", "ApiKey 9f8e7d6c")], "", [(K.API_KEY, H, AUTH)]),
    ([("Authorization", 'Signature keyId="a",signature="x"')], "", [(K.HMAC, H, AUTH)]),
    ([("Authorization", "HMAC-SHA256 abc")], "", [(K.HMAC, H, AUTH)]),
    ([("Authorization", OAUTH)], "", [(K.HMAC, H, AUTH)]),
    ([("Authorization", 'MAC id="h480", nonce="1", mac="x"')], "", [(K.HMAC, H, AUTH)]),
    ([("Authorization", "Negotiate YIIB")], "", [(K.OTHER, H, AUTH)]),
    ([("Authorization", "NTLM TlRM")], "", [(K.OTHER, H, AUTH)]),
    ([("Authorization", "SCRAM-SHA-256 data=abc")], "", [(K.OTHER, H, AUTH)]),
    ([("Authorization", "Foo bar")], "", [(K.OTHER, H, AUTH)]),
    # API keys
    ([("X-Api-Key", "9f8e7d6c")], "", [(K.API_KEY, H, "x-api-key")]),
    ([("X-API-KEY", f"Bearer {JWT}")], "", [(K.BEARER_JWT, H, "x-api-key")]),
    ([("X-Auth-Token", JWT)], "", [(K.BEARER_JWT, H, "x-auth-token")]),
    ([("Ocp-Apim-Subscription-Key", "9f8e")], "", [(K.API_KEY, H, "ocp-apim-subscription-key")]),
    ([("X-Acme-Api-Key", "9f8e7d6c")], "", [(K.API_KEY, H, "x-acme-api-key")]),
    ([("X-Partner", "9f8e7d6c")], "", [(K.API_KEY, H, "x-partner")]),
    ([("Cookie", "partner_key=9f8e7d6c")], "", [(K.API_KEY, P.COOKIE, "partner_key")]),
    ([], "api_key=9f8e7d6c", [(K.API_KEY, P.QUERY, "api_key")]),
    ([], "a=1&API_KEY=9f8e7d6c", [(K.API_KEY, P.QUERY, "api_key")]),
    ([], "%61pi_key=9f8e7d6c", [(K.API_KEY, P.QUERY, "api_key")]),
    ([], "key=AIzaSyA-1234567890abcdef", [(K.API_KEY, P.QUERY, "key")]),
    ([], f"access_token={JWT}", [(K.BEARER_JWT, P.QUERY, "access_token")]),
    ([], "partner_key=9f8e7d6c", [(K.API_KEY, P.QUERY, "partner_key")]),
    # Sessions
    ([("Cookie", "sessionid=9f8e7d6c")], "", [(K.SESSION, P.COOKIE, "sessionid")]),
    ([("Cookie", "a=b; connect.sid=s%3A9f8e")], "", [(K.SESSION, P.COOKIE, "connect.sid")]),
    ([("Cookie", "PHPSESSID=9f8e7d6c")], "", [(K.SESSION, P.COOKIE, "phpsessid")]),
    ([("Cookie", "__Host-session=9f8e7d6c")], "", [(K.SESSION, P.COOKIE, "__host-session")]),
    ([("Cookie", "_acme_session=9f8e7d6c")], "", [(K.SESSION, P.COOKIE, "_acme_session")]),
    ([("Cookie", "wp_logged_in_1=9f8e")], "", [(K.SESSION, P.COOKIE, "wp_logged_in_1")]),
    ([("Cookie", "visit=9f8e7d6c")], "", [(K.SESSION, P.COOKIE, "visit")]),
    ([("Cookie", f"anything={JWT}")], "", [(K.BEARER_JWT, P.COOKIE, "anything")]),
    ([("Cookie", "access_token=9f8e7d6c")], "", [(K.BEARER_OPAQUE, P.COOKIE, "access_token")]),
    ([("Cookie", f'token="Bearer {JWT}"')], "", [(K.BEARER_JWT, P.COOKIE, "token")]),
    ([("Cookie", "sid=1"), ("Cookie", "visit=2")], "",
     [(K.SESSION, P.COOKIE, "sid"), (K.SESSION, P.COOKIE, "visit")]),
    ([("X-Session-Token", "9f8e7d6c")], "", [(K.SESSION, H, "x-session-token")]),
    ([("X-Visit", "9f8e7d6c")], "", [(K.SESSION, H, "x-visit")]),
    ([], "sessionid=9f8e7d6c", [(K.SESSION, P.QUERY, "sessionid")]),
    # Signatures
    ([], f"X-Amz-Credential={AWS.replace('/', '%2F')}&X-Amz-Signature=x",
     [(K.AWS_SIGV4, P.QUERY, "x-amz-credential")]),
    (RFC_9421, "", [(K.HMAC, H, "signature-input")]),
    ([("X-Signature", "9f8e7d6c")], "", [(K.HMAC, H, "x-signature")]),
    ([("X-Hub-Signature-256", "sha256=9f8e7d6c")], "", [(K.HMAC, H, "x-hub-signature-256")]),
    ([("Stripe-Signature", "t=1,v1=9f8e")], "", [(K.HMAC, H, "stripe-signature")]),
    # Certificates
    ([("X-Client-Cert", "-----BEGIN%20CERTIFICATE-----")], "", [(K.MTLS, H, "x-client-cert")]),
    ([XFCC], "", [(K.MTLS, H, "x-forwarded-client-cert")]),
    ([("SSL-Client-Cert", "MIIB")], "", [(K.MTLS, H, "ssl-client-cert")]),
    # Several
    ([("Cookie", "sid=1"), ("X-Api-Key", "k"), ("Authorization", f"Bearer {JWT}")], "api_key=1",
     [(K.BEARER_JWT, H, AUTH), (K.API_KEY, H, "x-api-key"), (K.API_KEY, P.QUERY, "api_key"),
      (K.SESSION, P.COOKIE, "sid")]),
]  # fmt: skip

NOTHING: list[tuple[Fields, str]] = [
    ([], ""),
    ([("Authorization", "")], ""),
    ([("Authorization", "Bearer")], ""),
    ([("Authorization", "Bearer ")], ""),
    ([("Authorization", "Bearer null")], ""),
    ([("Authorization", "Bearer undefined")], ""),
    ([("Authorization", "Bearer None")], ""),
    ([("Authorization", "Bearer [object Object]")], ""),
    ([("Authorization", "Bearer {{token}}")], ""),
    ([("Authorization", "Bearer <token>")], ""),
    ([("Authorization", "Bearer ${TOKEN}")], ""),
    ([("Authorization", "null")], ""),
    ([("Authorization", "undefined")], ""),
    ([("Authorization", "Basic ")], ""),
    ([("Authorization", "Basic null")], ""),
    ([("Proxy-Authorization", f"Basic {BASIC}")], ""),
    ([("X-Api-Key", "")], ""),
    ([("X-Api-Key", "undefined")], ""),
    ([("X-Client-Cert", "(null)")], ""),
    ([("X-Client-Cert", "-")], ""),
    ([("X-CSRF-Token", "9f8e7d6c")], ""),
    ([("X-XSRF-TOKEN", "9f8e7d6c")], ""),
    ([("Cookie", "")], ""),
    ([("Cookie", "_ga=GA1.1.1; _gid=GA1.1.2; _gat=1; _ga_ABC=GS1.1")], ""),
    ([("Cookie", "_fbp=fb.1; _hjSessionUser_1=eyJpZCI6MX0=; __utma=1; ajs_anonymous_id=1")], ""),
    ([("Cookie", "cookieconsent_status=dismiss; OptanonConsent=a; euconsent-v2=b")], ""),
    ([("Cookie", "lang=de; locale=de_DE; django_language=de; theme=dark; timezone=UTC")], ""),
    ([("Cookie", "csrftoken=9f8e; XSRF-TOKEN=9f8e; _csrf=9f8e; __Host-csrf_token=9f8e")], ""),
    ([("Cookie", "__cf_bm=a; cf_clearance=b; AWSALB=c; incap_ses_1=d; datadome=e")], ""),
    ([("Cookie", "intercom-session-abc=1; mp_mixpanel=2")], ""),
    ([("Cookie", "cart=9f8e7d6c; seen=1; flavour=vanilla")], ""),
    ([("Cookie", "sessionid=; sid=null")], ""),
    ([], "page=2&phone=15551234567&key=short&code=9f8e7d6c"),
    ([], "api_key=&token=undefined"),
    ([("X-Request-Id", "9f8e"), ("Idempotency-Key", "9f8e"), ("User-Agent", "a")], ""),
]


@pytest.mark.parametrize(("fields", "query", "expected"), FOUND)
def test_finds(fields: Fields, query: str, expected: Expected) -> None:
    assert [(c.kind, c.place, c.name) for c in read(fields, query)] == expected


@pytest.mark.parametrize(("fields", "query"), NOTHING)
def test_finds_nothing(fields: Fields, query: str) -> None:
    assert read(fields, query) == ()


def test_all_cases_ran_and_every_kind_is_among_them() -> None:
    assert (len(FOUND), len(NOTHING)) == (62, 35)
    kinds = Counter(kind for _, _, expected in FOUND for kind, _, _ in expected)
    assert set(kinds) == set(CredentialKind)


def test_the_same_secret_has_the_same_digest_anywhere() -> None:
    [header] = read([("X-Api-Key", "9f8e7d6c")])
    [query] = read([], "api_key=9f8e7d6c")
    assert header.digest == query.digest != ""
    assert read([("X-Api-Key", "other")])[0].digest != header.digest


def test_no_secret_and_no_name_is_kept() -> None:
    for fields, query, _ in FOUND:
        for credential in read(fields, query):
            shown = repr(credential)
            for secret in ("9f8e7d6c", "alice", "hunter2", JWT, BASIC, "AKIA"):
                assert secret not in shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"Basic {BASIC}", "Basic " + base64.b64encode(b"alice:other").decode()),
        (f"Bearer {JWT}", f"Bearer {token(sub='17', aud='a')}"),
        ('Digest username="alice", nonce="1"', 'Digest username="alice", nonce="2"'),
    ],
)
def test_the_same_subject_is_the_same_principal(one: str, other: str) -> None:
    [first], [second] = read([("Authorization", one)]), read([("Authorization", other)])
    assert first.principal == second.principal != ""


def test_users_of_two_issuers_are_two_principals() -> None:
    one = token(sub="17", iss="https://a")
    other = token(sub="17", iss="https://b")
    [first], [second] = read([("Authorization", one)]), read([("Authorization", other)])
    assert first.principal != second.principal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"AWS4-HMAC-SHA256 Credential={AWS}, Signature=1", f"AWS4-HMAC-SHA256 Credential={AWS}"),
        ('Hawk id="dh37", mac="1"', 'Hawk id="dh37", mac="2"'),
        ('Signature keyId="a",signature="1"', 'Signature keyId="a",signature="2"'),
    ],
)  # fmt: skip
def test_a_signature_is_known_by_its_key(one: str, other: str) -> None:
    [first], [second] = read([("Authorization", one)]), read([("Authorization", other)])
    assert first.digest == second.digest != ""
    assert first.principal


def test_a_signature_without_a_named_key_cannot_be_told_from_others() -> None:
    [credential] = read([("X-Hub-Signature-256", "sha256=9f8e7d6c")])
    assert credential.digest == credential.principal == ""


def test_a_token_without_a_subject_names_no_principal() -> None:
    [credential] = read([("Authorization", f"Bearer {token(scope='a')}")])
    assert credential.kind is CredentialKind.BEARER_JWT
    assert credential.principal == ""


STATES = [
    (True, None, State.PRESENT),
    (True, 101, State.ACCEPTED),
    (True, 200, State.ACCEPTED),
    (True, 204, State.ACCEPTED),
    (True, 302, State.PRESENT),
    (True, 304, State.ACCEPTED),
    (True, 400, State.PRESENT),
    (True, 401, State.REJECTED),
    (True, 403, State.REJECTED),
    (True, 404, State.ACCEPTED),
    (True, 405, State.PRESENT),
    (True, 409, State.ACCEPTED),
    (True, 422, State.ACCEPTED),
    (True, 429, State.PRESENT),
    (True, 500, State.PRESENT),
    (False, 200, State.NONE),
    (False, 401, State.NONE),
    (False, None, State.NONE),
]


@pytest.mark.parametrize(("presented", "status", "state"), STATES)
def test_state(presented: bool, status: int | None, state: State) -> None:
    found = read([("X-Api-Key", "a")]) if presented else ()
    assert credential_state(found, status) is state


def test_state_cases_all_ran() -> None:
    assert len(STATES) == 18
    # UNKNOWN is never read from a request: only a source says so.
    assert {state for _, _, state in STATES} == set(State) - {State.UNKNOWN}


def test_caches_are_bounded() -> None:
    reader = CredentialReader(HASHER)
    for number in range(6_000):
        reader.read(request([("X-Api-Key", f"k{number}"), (f"X-{number}", "1")]))
    assert len(reader._fields) <= 4096
    assert len(reader._readers) <= 1024
    assert reader.read(request([("X-Late-Api-Key", "a")]))


def test_giant_values_are_read_but_not_remembered() -> None:
    reader = CredentialReader(HASHER)
    assert reader.read(request([("X-Api-Key", "a" * 60_000)]))
    assert not reader._fields


def test_many_cookies_and_parameters_are_bounded() -> None:
    assert len(read([("Cookie", "; ".join(["sid=1"] * 5_000))])) == 100
    assert len(read([], "&".join(["token=1"] * 5_000))) == 100


NAMES = st.sampled_from(
    [
        b"authorization",
        b"cookie",
        b"x-api-key",
        b"signature-input",
        b"x-client-cert",
        b"x-signature",
    ]
)
SCHEMES = st.sampled_from([b"", b"Bearer ", b"Basic ", b"Digest ", b"Hawk ", b"AWS4-HMAC-SHA256 "])


@pytest.mark.slow
@given(
    st.lists(st.tuples(NAMES, SCHEMES, st.binary(max_size=60)), max_size=4), st.text(max_size=60)
)
@settings(max_examples=200)
def test_never_raises(fields: list[tuple[bytes, bytes, bytes]], query: str) -> None:
    headers = Headers([(name, scheme + value) for name, scheme, value in fields])
    READER.read(Request("GET", "https", "a", "/", query, headers, ""))
