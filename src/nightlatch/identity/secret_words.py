"""What people sign tokens with when they think of nothing better, the likeliest first.

Three lists: our own of what documentation, frameworks and products come with, and its usual
changes; the frequency lists of zxcvbn (passwords and English words, MIT licence), where that
package is installed; and a file of the operator's.
"""

import base64
import binascii
import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

DOCUMENTED = (
    # What examples say, and what they say instead of a secret.
    "secret", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "your-secret-key",
    "your_secret_key", "your-secret", "your_secret", "yoursecret", "yoursecretkey",
    "your_jwt_secret", "your-jwt-secret", "your_jwt_secret_key", "your-super-secret-key",
    "my-secret", "your-secret-key-here", "your-secret-key-goes-here", "your_secret_key_here",
    "insert-your-secret", "mysecret", "my_secret", "my-secret-key", "my_secret_key", "mysecretkey",
    "mySecretKey", "shhhhh", "shhhhhared-secret", "shhh", "some-secret", "somesecret",
    "some-secret-key", "some_secret_key", "super-secret", "supersecret", "super_secret",
    "super-secret-key", "super_secret_key", "supersecretkey", "SuperSecret", "superSecretKey",
    "topsecret", "top-secret", "top_secret", "very-secret", "verysecret", "very_secret_key",
    "very-secret-key", "verysecretkey", "s3cr3t", "s3cret", "Sup3rS3cr3t", "sup3rs3cr3t",
    "secretkey", "secret-key", "secret_key", "secretKey", "SecretKey", "SECRET_KEY", "SECRET",
    "SECRETKEY", "secret123", "secret1234", "secret12345", "the-secret", "thesecret",
    "thisisasecret", "this-is-a-secret", "this is a secret", "thisisasecretkey",
    "this-is-my-secret-key", "this_is_a_secret_key", "thisismysecretkey", "this is my secret",
    "this is my custom Secret key for authentication", "This is my super secret key",
    "thisisnotasecret", "notasecret", "not-a-secret", "nosecret", "it's a secret", "shared-secret",
    "sharedsecret", "shared_secret", "client-secret", "client_secret", "clientsecret", "app-secret",
    "app_secret", "appsecret", "application-secret", "hmac-secret", "hmacsecret", "session-secret",
    "session_secret", "cookie-secret", "cookie_secret", "keyboard cat", "jwt", "JWT", "jwtsecret",
    "jwt-secret", "jwt_secret", "jwtSecret", "JWTSecret", "JWT_SECRET", "JWT_SECRET_KEY",
    "jwt_secret_key", "jwt-secret-key", "jwtSecretKey", "jwtkey", "jwt-key", "jwt_key", "jwttoken",
    "jwt-token", "jwt_token", "jwtpassword", "jwt-auth", "jwt-super-secret", "my-jwt-secret",
    "myjwtsecret", "my_jwt_secret", "myJwtSecret", "MyJWTSecret", "jwtprivatekey", "jwtPrivateKey",
    "jwt_private_key", "JWT_PRIVATE_KEY", "mySuperSecretKey", "mysupersecretkey",
    "my-super-secret-key", "mysupersecret", "my_super_secret_key", "ASuperSecretKey",
    "ThisIsTheSecretKey", "ThisIsASecretKey", "TheSecretKey", "MySecret", "MySecretKey",
    "AppSecret", "accesstoken", "access-token", "access_token", "access-token-secret",
    "access_token_secret", "accesstokensecret", "ACCESS_TOKEN_SECRET", "refresh-token-secret",
    "refresh_token_secret", "refreshtokensecret", "REFRESH_TOKEN_SECRET", "token", "tokensecret",
    "token-secret", "token_secret", "tokenkey", "TOKEN_SECRET", "TOKEN_KEY", "auth", "authsecret",
    "auth-secret", "auth_secret", "AUTH_SECRET", "authentication", "authorization", "key", "thekey",
    "mykey", "my-key", "my_key", "privatekey", "private-key", "private_key", "privateKey",
    "PRIVATE_KEY", "publickey", "public-key", "signingkey", "signing-key", "signing_key", "sign",
    "signature", "sign-secret", "encryptionkey", "encryption-key", "encryption_key", "masterkey",
    "master-key", "master_key", "symmetrickey", "apikey", "api-key", "api_key", "apisecret",
    "api-secret", "api_secret", "APP_KEY", "app_key",
    # What is left in when it should have been changed.
    "changeme", "change-me", "change_me", "changeit", "change-it", "CHANGEME", "CHANGE_ME",
    "ChangeMe", "changethis", "change-this", "change_this", "changeThis", "please-change-me",
    "pleasechangeme", "change-me-in-production", "changemeinproduction", "change_me_in_production",
    "changeme123", "change-this-secret", "change-this-secret-key", "change_this_secret_key",
    "change-this-in-production", "CHANGE_THIS_SECRET", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
    "replace-me", "replaceme", "replace_me", "replace-with-random-value", "replace_this",
    "replacethis", "fixme", "todo", "TODO", "placeholder", "dummy", "dummy-secret", "dummysecret",
    "fake", "fakesecret", "mock", "sample", "example", "examplesecret", "example-secret",
    "example_secret", "example-key", "default", "defaultsecret", "default-secret", "default_secret",
    "default-secret-key", "defaultkey", "temp", "temporary", "temporary_key", "tobemodified",
    "toBeModified", "unsafe", "insecure", "unsecure", "insecure-secret", "insecuresecret",
    "insecure-key", "unsafe-secret", "not-secure", "notsecure", "dev", "devsecret", "dev-secret",
    "dev_secret", "dev-key", "dev_key", "dev-secret-key", "develop", "development",
    "development-secret", "development_secret", "development_key", "local", "localsecret",
    "local-secret", "localhost", "test", "testsecret", "test-secret", "test_secret", "testkey",
    "test-key", "test_key", "testing", "test123", "testtest", "test-secret-key", "testtoken",
    "staging", "prod", "production", "demo", "demosecret", "demo-secret", "debug", "sandbox",
    # What products and frameworks come with, or their first tutorial has.
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "super-secret-jwt-token-with-at-least-32-characters-long", "reallyreallyreallyreallyverysafe",
    "bezKoderSecretKey", "bezkoder-secret-key",
    "======================BezKoder=Spring===========================",
    "my-secret-token-to-change-in-production", "my-32-character-ultra-secure-and-ultra-long-secret",
    "SecretKey012345678901234567890123456789012345678901234567890123456789", "CHANGE_ME_SECRET_KEY",
    "thisISaSECRET_1234", "TEST_NON_DEV_SECRET", "USE_YOUR_OWN_SECURE_RANDOM_KEY",
    "3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R", "rahasia", "geheim",
    "5367566B59703373367639792F423F4528482B4D6251655468576D5A71347437",
    "404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
    "413F4428472B4B6250655368566D5970337336763979244226452948404D6351",
    "3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b",
    "9a4f2c8d3b7a1e6f45c8a0b3f267d8b1d4e6f3c8a9d2b5f8e3a9c8b5f6v8a3d9",
    "GQDstcKsx0NHjPOuXOYg5MbeJ1XT0uFiwDVvVBrk", "django-insecure", "django-secret-key",
    "flask-secret", "flask", "django", "fastapi", "express", "nestjs", "nest", "node", "nodejs",
    "spring", "springboot", "spring-boot", "laravel", "symfony", "rails", "strapi", "directus",
    "supabase", "hasura", "postgrest", "keycloak", "grafana", "kong", "nacos", "superset",
    "airflow", "jenkins", "gitlab", "gitea", "mongodb", "mongo", "postgres", "mysql", "redis",
    "angular", "react", "vue", "next", "nextauth", "NEXTAUTH_SECRET", "dotnet", "aspnet", "golang",
    "java", "kotlin", "python", "php", "ruby", "rust",
    # Words of everybody.
    "password", "passw0rd", "p@ssw0rd", "P@ssw0rd", "Password1", "Password123", "Password1!",
    "admin", "administrator", "root", "user", "guest", "master", "public", "private", "service",
    "server", "session", "app", "api", "backend", "hello", "helloworld", "hello world",
    "hello-world", "foobar", "foo", "bar", "baz", "qux", "abc", "abc123", "asdf", "qwerty",
    "letmein", "welcome", "monkey", "lorem ipsum", "correct horse battery staple",
    "correcthorsebatterystaple", "random", "randomstring", "random-string", "random_string",
    "somethingsecret", "something-secret", "something", "string", "undefined", "null", "None",
    "nil", "true", "false", "0", "1", "a", "x", "123", "1234", "12345", "123456", "1234567",
    "12345678", "123456789", "1234567890", "0123456789", "0123456789abcdef", "0123456789ABCDEF",
    "0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz123456", "12345678901234567890123456789012", "deadbeef",
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "1234567890123456789012345678901234567890123456789012345678901234",
    "00000000000000000000000000000000", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "11111111111111111111111111111111", "qwertyuiopasdfghjklzxcvbnm123456", "AllYourBase",
    "gutenberg", "{}", "[object Object]",
)  # fmt: skip
"""Named for what they are: in documentation, in source code that anybody can read."""

_ENDINGS = (
    "1", "12", "123", "1234", "12345", "123456", "!", "1!", "123!", "@123", "#1", "01", "2020",
    "2021", "2022", "2023", "2024", "2025", "2026", "-dev", "-test", "-prod", "-key", "_key", "key",
    "-secret", "_secret", "secret", "-jwt", "_jwt", "jwt", "\n",
)  # fmt: skip
_LENGTHS = (32, 64)
"""Bytes that HMAC's keys must have: whoever is told so repeats what there is."""
_LONGEST_WORD = 1_024
MAX_WORDS = 1_000_000
"""Of the operator's file."""


def secret_words(more: Path | None = None) -> Iterator[bytes]:
    """Our own before those of the world, and the operator's last: raises OSError there where its
    file cannot be read, and all others were had."""
    return chain(own_words(), common_words(), () if more is None else words_of(more))


def own_words() -> Iterator[bytes]:
    """What is documented, then its usual changes; the empty secret is one, too."""
    words = [word.encode() for word in DOCUMENTED]
    return _once(chain([b""], words, *map(_decoded, words), *map(_changed, DOCUMENTED)))


def words_of(path: Path) -> Iterator[bytes]:
    """One a line. Raises OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if number == MAX_WORDS:
                return
            word = line.rstrip(b"\r\n")[:_LONGEST_WORD]
            if word:
                yield word


def common_words() -> Iterator[bytes]:
    """Passwords and English words, by frequency; none where zxcvbn is not installed."""
    lists = _frequency_lists()
    for name in ("passwords", "english_wikipedia", "us_tv_and_film", "surnames", "female_names"):
        for word in lists.get(name, ()):
            yield word.encode()


def _frequency_lists() -> dict[str, list[str]]:
    """Read anew each time, and let go: words are needed for a second in a process' life."""
    found = importlib.util.find_spec("zxcvbn")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(next(iter(found.submodule_search_locations))) / "frequency_lists.py"
    spec = importlib.util.spec_from_file_location("_nightlatch_words", path)
    if spec is None or spec.loader is None or not path.is_file():
        return {}
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lists: dict[str, list[str]] = module.FREQUENCY_LISTS
    return lists


def _decoded(word: bytes) -> Iterator[bytes]:
    """Some libraries take a secret's text for base64, and some people write it in hexadecimal."""
    with suppress(binascii.Error):
        yield base64.b64decode(word + b"=" * (-len(word) % 4), validate=True)
    with suppress(ValueError):
        yield bytes.fromhex(word.decode())


def _changed(word: str) -> Iterator[bytes]:
    for form in dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())):
        plain = form.encode()
        yield plain
        yield base64.b64encode(plain)
        for ending in _ENDINGS:
            yield plain + ending.encode()
        for length in _LENGTHS:
            yield (plain * (length // len(plain) + 1))[:length]


def _once(words: Iterable[bytes]) -> Iterator[bytes]:
    seen: set[bytes] = set()
    for word in words:
        if word not in seen:
            seen.add(word)
            yield word
