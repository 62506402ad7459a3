"""What the verification of tokens costs, before the answer and after it, and the trying of secrets.

Before the answer only what is known is looked up. What is verified is verified in the worker.
"""

import base64
import hmac
import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from nightlatch.app.rooms import build_rooms
from nightlatch.exchange.credential import Proof
from nightlatch.exchange.exchange import Body, Ending, Request, Response
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Mode
from nightlatch.identity.jose import verify
from nightlatch.identity.jose.keys import KeyRing, read_keys
from nightlatch.identity.proofs import Proofs
from nightlatch.identity.secret_words import secret_words
from nightlatch.identity.verifier import Issuer, Verifier
from nightlatch.identity.weak_secrets import guess
from nightlatch.pipeline import Pipeline
from nightlatch.settings import load_settings

NOW = 1_800_000_000.0
ISSUER = "https://id.example"
SECRET = bytes(range(64))
TURNS = 300
HASHER = Hasher(bytes(32))

Sign = Callable[[bytes], bytes]


def run() -> Mapping[str, object]:
    return {**_verification(), **_cached(), **_pipeline(), **_hostile(), **_guessing()}


# Verification


def _verification() -> dict[str, object]:
    figures: dict[str, object] = {}
    for algorithm, (ring, sign) in _signers().items():
        verifier = Verifier([Issuer(ISSUER)])
        verifier.load(ISSUER, ring, NOW)
        tokens = [_token(algorithm, sign, number) for number in range(TURNS)]
        cost = _each(partial(_judge, verifier, tokens))
        if verifier.look("1", NOW) is not Proof.VERIFIED:
            raise RuntimeError(f"a token of {algorithm} was not verified")
        figures[f"{algorithm}, uncached (µs)"] = cost
    return figures


def _judge(verifier: Verifier, tokens: list[str], number: int) -> Proof:
    return verifier.judge(str(number), tokens[number], NOW)


def _cached() -> dict[str, object]:
    ring, sign = _signers()["HS256"]
    verifier, proofs = Verifier([Issuer(ISSUER)]), Proofs(HASHER)
    verifier.load(ISSUER, ring, NOW)
    rooms = build_rooms(load_settings({}, environment={}), HASHER)
    request = _request(_token("HS256", sign, 1))
    credentials = rooms.reader.read(request)
    without = _cost(partial(proofs.known, credentials, NOW))
    proofs.verify_by(verifier)
    proofs.found_out(request, credentials, NOW)
    return {
        "look-up before the answer, cached (µs)": _cost(partial(proofs.known, credentials, NOW)),
        "the same, no issuer declared (µs)": without,
    }


# The whole pipeline


def _pipeline() -> dict[str, object]:
    """A GET with a token and its answer of 300 bytes, before the answer and in total."""
    ring, sign = _signers()["HS256"]
    request = _request(_token("HS256", sign, 1))
    figures: dict[str, object] = {}
    for name, declared in (("no issuer declared", False), ("an issuer declared", True)):
        rooms = build_rooms(load_settings({}, environment={}), HASHER)
        if declared:
            verifier = Verifier([Issuer(ISSUER)])
            verifier.load(ISSUER, ring, NOW)
            rooms.proofs.verify_by(verifier)
        pipeline = Pipeline(rooms, Mode.OBSERVE)
        before, total = _exchanges(pipeline, request)
        figures[f"a request, {name}, before the answer (µs)"] = before
        figures[f"a request, {name}, in total (µs)"] = total
    return figures


def _exchanges(pipeline: Pipeline, request: Request) -> tuple[float, float]:
    """The best of several runs, in microseconds."""
    data = json.dumps({"id": 17, "status": "active", "text": "x" * 260}).encode()
    answer = Response(
        200, headers_of([("content-type", "application/json")]), Body(data, len(data))
    )
    best, best_total = float("inf"), float("inf")
    moments = count()
    for _ in range(15):
        inline = total = 0.0
        for _ in range(100):
            now = NOW + next(moments) * 0.1
            began = time.process_time_ns()
            flight = pipeline.on_request(request, now)
            pipeline.on_response(flight, request, answer, "/v1/me", now)
            pipeline.on_sent(flight, answer)
            left = time.process_time_ns()
            pipeline.on_exchange(flight, request, answer, "/v1/me", Ending.ANSWERED, 0.001)
            inline += left - began
            total += time.process_time_ns() - began
        best, best_total = min(best, inline), min(best_total, total)
    return round(best / 100e3, 1), round(best_total / 100e3, 1)


# Hostile tokens


def _hostile() -> dict[str, object]:
    signing, sign = _signers()["HS256"]
    opening = read_keys({"kty": "oct", "k": _b64(bytes(16))})
    figures: dict[str, object] = {}
    for name, token in _hostile_tokens(sign):
        began = time.process_time_ns()
        verify(token, opening if token.count(".") == 4 else signing, NOW)
        figures[f"{name} (ms)"] = round((time.process_time_ns() - began) / 1e6, 2)
    return figures


def _hostile_tokens(sign: Sign) -> Iterator[tuple[str, str]]:
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    head = _packed({"alg": "HS256"})
    yield "5,000 levels of JSON, signed", _signed(f"{head}.{_b64(deep)}", sign)
    yield "65 KB that inflate to 50 MB", _bomb()
    slow = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "c2FsdHNhbHQ", "p2c": 20_000_000}
    rest = ".".join(map(_b64, (bytes(24), bytes(12), b"a", bytes(16))))
    yield "20 million rounds", f"{_packed(slow)}.{rest}"
    yield "5,000 levels in the header", _signed(f"{_b64(deep[:12_000])}.{_b64(b'{}')}", sign)
    yield "256 KB that nobody signed", f"{head}.{'A' * 260_000}.{'A' * 43}"
    yield "100,000 dots", "." * 100_000
    yield "64 KB of signature", f"{head}.{_packed({})}.{'A' * 65_000}"
    members = ",".join(f'"a{number}":{number}' for number in range(10_000))
    yield "10,000 members", _signed(f"{head}.{_b64(f'{{{members}}}'.encode())}", sign)


def _bomb() -> str:
    key = OctKey.import_key({"kty": "oct", "k": _b64(bytes(16))})
    names = ["A128KW", "A128GCM", "DEF"]
    header = {"alg": "A128KW", "enc": "A128GCM", "zip": "DEF"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwe.encrypt_compact(header, bytes(50 << 20), key, names)


# Guessing


def _guessing() -> dict[str, object]:
    token = _token("HS256", lambda data: hmac.digest(b"\xff" * 40, data, "sha256"), 1)
    words = list(secret_words())
    began = time.process_time()
    guess(token, words)
    spent = time.process_time() - began
    return {
        "words to try": len(words),
        "words a second": round(len(words) / spent),
        "all of them, on one token (s)": round(spent, 2),
    }


# Tokens


def _signers() -> dict[str, tuple[KeyRing, Sign]]:
    private_rsa = rsa.generate_private_key(65_537, 2_048)
    private_ec = ec.generate_private_key(ec.SECP256R1())
    private_ed = ed25519.Ed25519PrivateKey.generate()

    def ecdsa(data: bytes) -> bytes:
        pair = decode_dss_signature(private_ec.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(one.to_bytes(32, "big") for one in pair)

    return {
        "HS256": (
            read_keys({"kty": "oct", "k": _b64(SECRET)}),
            lambda data: hmac.digest(SECRET, data, "sha256"),
        ),
        "RS256": (
            _ring(RSAKey.import_key(private_rsa.public_key())),
            lambda data: private_rsa.sign(data, padding.PKCS1v15(), hashes.SHA256()),
        ),
        "ES256": (_ring(ECKey.import_key(private_ec.public_key())), ecdsa),
        "EdDSA": (_ring(OKPKey.import_key(private_ed.public_key())), private_ed.sign),
    }


def _ring(key: RSAKey | ECKey | OKPKey) -> KeyRing:
    return read_keys(dict(key.as_dict(private=False)))


def _token(algorithm: str, sign: Sign, number: int) -> str:
    claims = {
        "iss": ISSUER, "sub": f"user-{number}", "aud": "https://api.example", "iat": NOW - 60,
        "exp": NOW + 3_600, "scope": "read write",
    }  # fmt: skip
    return _signed(f"{_packed({'alg': algorithm, 'typ': 'at+jwt'})}.{_packed(claims)}", sign)


def _signed(text: str, sign: Sign) -> str:
    return f"{text}.{_b64(sign(text.encode()))}"


def _packed(document: object) -> str:
    return _b64(json.dumps(document, separators=(",", ":")).encode())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _request(token: str) -> Request:
    fields = [
        ("host", "api.example"), ("user-agent", "shop/3.1 (android)"), ("accept", "*/*"),
        ("accept-encoding", "gzip"), ("authorization", f"Bearer {token}"),
    ]  # fmt: skip
    return Request("GET", "https", "api.example", "/v1/me", "", headers_of(fields), "192.0.2.1")


# Clocks


def _each(work: Callable[[int], object]) -> float:
    """The median of work on each of TURNS things that are done once, in microseconds."""
    spent = []
    for number in range(TURNS):
        began = time.perf_counter_ns()
        work(number)
        spent.append(time.perf_counter_ns() - began)
    return round(sorted(spent)[TURNS // 2] / 1e3, 1)


def _cost(work: Callable[[], object]) -> float:
    """The best of several runs, in microseconds."""
    best = float("inf")
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(20_000):
            work()
        best = min(best, time.perf_counter() - began)
    return round(best / 20_000 * 1e6, 3)
