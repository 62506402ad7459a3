"""Which header, cookie and parameter names carry a credential, and which only look so."""

from collections.abc import Iterable

from nightlatch.exchange.credential import CredentialKind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


API_KEY_HEADERS = frozenset(
    b"x-api-key api-key apikey x-apikey x-api-token x-auth-token x-auth-key x-access-token "
    b"x-access-key x-app-key x-token x-client-secret access-token auth-token private-token "
    b"ocp-apim-subscription-key x-functions-key x-goog-api-key x-rapidapi-key x-vault-token "
    b"x-consul-token x-shopify-access-token x-algolia-api-key x-figma-token x-master-key "
    b"dd-api-key x-auth-apikey x-authorization x-user-token x-service-token".split()
)
SESSION_HEADERS = frozenset({b"x-session-token", b"x-session-id", b"x-session", b"session-id"})
SIGNATURE_HEADERS = frozenset(
    b"x-signature x-hub-signature x-hub-signature-256 x-hmac-signature x-hmac x-request-signature "
    b"x-webhook-signature webhook-signature stripe-signature x-slack-signature x-twilio-signature "
    b"x-shopify-hmac-sha256 x-line-signature x-gitea-signature svix-signature "
    b"x-signature-256 x-signature-ed25519 x-mac x-amz-content-hmac".split()
)
CERTIFICATE_HEADERS = frozenset(
    b"x-client-cert x-forwarded-client-cert ssl-client-cert x-ssl-client-cert x-ssl-cert "
    b"x-client-certificate client-cert x-forwarded-tls-client-cert x-arr-clientcert "
    b"x-amzn-mtls-clientcert x-amzn-mtls-clientcert-leaf x-ssl-client-s-dn ssl-client-subject-dn "
    b"x-client-dn x-ssl-client-dn x-tls-client-cert".split()
)

_KEY_PARAMETERS = _words(
    "api_key apikey api-key access_token accesstoken auth_token authtoken token jwt auth "
    "api_token subscription-key x-api-key client_secret id_token bearer_token access_key "
    "private_token"
)
_SESSION_PARAMETERS = _words("sessionid session_id sid jsessionid phpsessid")

_TOKEN_COOKIES = _words(
    "access_token accesstoken auth_token authtoken token jwt id_token refresh_token api_token "
    "bearer api_key apikey"
)
_SESSION_COOKIES = _words(
    "session sessionid session_id sess sid ssid connect.sid phpsessid jsessionid cfid cftoken "
    "asp.net_sessionid ci_session laravel_session rack.session express:sess koa.sess koa:sess "
    "remember_me remember_token rememberme auth authentication identity login sso .aspxauth "
    ".aspnet.applicationcookie next-auth.session-token authjs.session-token"
)
_SESSION_PARTS = (
    *("session", "sessid", "remember", "logged_in", "identity.application", "aspnetcore"),
    "fedauth",
)

_NOT_COOKIES = (
    *("_ga", "_gid", "_gat", "_gcl", "__utm", "_fbp", "_fbc", "_hj", "_pk_", "_clck", "_clsk"),
    *("_uet", "_tt_", "_scid", "_pin_", "_dc_gtm", "ajs_", "amp_", "amplitude", "mp_", "mixpanel"),
    *("optimizely", "intercom-", "hubspotutk", "__hs", "_mkto", "vuid", "ab_", "__cf", "cf_"),
    *("awsalb", "awselb", "bigipserver", "incap_ses", "visid_incap", "arraffinity", "ak_bmsc"),
    *("cookieconsent", "cookie_consent", "consent", "euconsent", "optanon", "gdpr", "cc_cookie"),
    *("lang", "locale", "django_language", "i18n", "currency", "country", "theme", "timezone"),
    *("tz", "csrf", "_csrf", "xsrf", "__requestverificationtoken", "datadome", "ph_", "_dd_s"),
    "nightlatch-pass",
)
"""Beginnings of cookie names that say nothing of who asks: analytics, consent, locale, load
balancers, bot walls (our own pass too), and CSRF tokens, which an anonymous form has too."""
_PREFIXES = ("__secure-", "__host-")


def is_key_header(name: bytes) -> bool:
    """Header names of which there are too many to list: `x-acme-api-key`."""
    return name.endswith((b"-api-key", b"-apikey", b"-access-token", b"-auth-token", b"-api-token"))


def parameter_kind(name: str) -> CredentialKind | None:
    """What a query parameter (lower-case name) carries."""
    if name in _KEY_PARAMETERS:
        return CredentialKind.API_KEY
    return CredentialKind.SESSION if name in _SESSION_PARAMETERS else None


def cookie_kind(name: str) -> CredentialKind | None:
    """What a cookie (lower-case name) carries; OTHER where only the value can tell."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.startswith(_NOT_COOKIES):
        return None
    if name in _TOKEN_COOKIES:
        return CredentialKind.BEARER_OPAQUE
    if name in _SESSION_COOKIES or any(word in name for word in _SESSION_PARTS):
        return CredentialKind.SESSION
    if name.endswith(("_session", "-session", "_sid", ".sid", "_auth", "_token", "-token")):
        return CredentialKind.SESSION
    return CredentialKind.OTHER


def lowered(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names)
