"""A sample API modelled on the breached one: a second-factor service with one forgotten door.

`GET /v1/users/{phone}/status` has no authentication and says whether a number has an account.
Everything else is as it should be: registration and verification want the app's key, a profile
wants the token that a real time-based one-time password (RFC 6238) earned.
"""

import secrets
from typing import Any

import msgspec
import pyotp
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nightlatch.workbench.demo.cast import totp_seed

APP_KEY = "demo-app-key"
PARTNER_KEY = "demo-partner-key"


class Registration(Struct, forbid_unknown_fields=True):
    phone: str
    email: str
    totp_seed: str
    """Made by the app and sent once, so that no answer ever carries a seed."""


class Verification(Struct, forbid_unknown_fields=True):
    phone: str
    code: str


class Account(Struct):
    account_id: int
    phone: str
    email: str
    totp_seed: str
    devices: int = 1


class Accounts:
    """Who has an account, and which tokens were earned. In memory: it is a demo."""

    def __init__(self) -> None:
        self.by_phone: dict[str, Account] = {}
        self.by_token: dict[str, Account] = {}

    def add(self, phone: str, email: str, seed: str, devices: int = 1) -> Account:
        account = Account(48_000_000 + len(self.by_phone) * 7, phone, email, seed, devices)
        self.by_phone[phone] = account
        return account

    def seed(self, phones: list[str]) -> None:
        """Accounts that were there before the demo began."""
        for number, phone in enumerate(phones):
            self.add(phone, f"member{number}@example.com", totp_seed(phone), 1 + number % 3)


class SampleApi:
    """The handlers, over one set of accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def status(self, request: Request) -> Response:
        """The forgotten door: no authentication, and it says whether the number has an account."""
        account = self._accounts.by_phone.get(request.path_params["phone"])
        if account is None:
            return JSONResponse({"error": "user not found"}, status_code=404)
        answer = {
            "account_id": account.account_id,
            "status": "active",
            "devices": account.devices,
            "over_the_top": False,
        }
        return JSONResponse(answer)

    async def register(self, request: Request) -> Response:
        if not _has_key(request):
            return _unauthorized()
        wanted = _read(await request.body(), Registration)
        if wanted is None:
            return JSONResponse({"error": "phone, email and totp_seed are needed"}, 422)
        account = self._accounts.add(wanted.phone, wanted.email, wanted.totp_seed)
        return JSONResponse({"account_id": account.account_id}, status_code=201)

    async def verify(self, request: Request) -> Response:
        if not _has_key(request):
            return _unauthorized()
        given = _read(await request.body(), Verification)
        account = self._accounts.by_phone.get(given.phone) if given else None
        if given is None or account is None or not _code_is_right(account, given.code):
            return _unauthorized()
        token = secrets.token_urlsafe(24)
        self._accounts.by_token[token] = account
        return JSONResponse({"access_token": token, "token_type": "Bearer"})

    async def profile(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account = self._accounts.by_token.get(token) if scheme.lower() == "bearer" else None
        if account is None:
            return _unauthorized()
        return JSONResponse(
            {"account_id": account.account_id, "phone": account.phone, "email": account.email}
        )


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def create_api(accounts: Accounts) -> Starlette:
    """The application, without Nightlatch."""
    api = SampleApi(accounts)
    return Starlette(
        routes=[
            Route("/v1/users/{phone}/status", api.status),
            Route("/v1/register", api.register, methods=["POST"]),
            Route("/v1/verify", api.verify, methods=["POST"]),
            Route("/v1/profile", api.profile),
            Route("/health", health),
        ]
    )


def _has_key(request: Request) -> bool:
    given = request.headers.get("x-api-key", "")
    return any(secrets.compare_digest(given, key) for key in (APP_KEY, PARTNER_KEY))


def _code_is_right(account: Account, code: str) -> bool:
    return pyotp.TOTP(account.totp_seed).verify(code, valid_window=1)


def _read(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError:
        return None


def _unauthorized() -> Response:
    return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
