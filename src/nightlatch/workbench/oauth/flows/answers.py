"""Answers of a server, read with distrust: what is not exactly what was due is told in words."""

from typing import Any

from nightlatch.identity.jose.encoding import json_object
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.flows.call import Answer
from nightlatch.workbench.oauth.flows.masking import masked_url
from nightlatch.workbench.oauth.flows.steps import FlowFault

Document = dict[str, Any]
_ADVICE = {
    "invalid_client": "check the client's id, its secret, key or certificate (--cert), and --auth",
    "invalid_grant": "the code or token is spent, expired, or another client's or address's",
    "invalid_request": "a parameter is missing or twice: --show prints what is sent",
    "invalid_scope": "ask for another --scope",
    "invalid_target": "ask for another --resource or --audience",
    "unauthorized_client": "this client may not use this grant: its registration says which it may",
    "unsupported_grant_type": "the server does not have this grant: `discover` lists those it has",
    "access_denied": "the person, or the server's rules, said no",
    "invalid_dpop_proof": "compare this machine's clock with the server's",
    "use_dpop_nonce": "the server asked for a nonce twice in a row",
    "invalid_redirect_uri": "register exactly the address that --show prints",
    "expired_token": "nobody confirmed in time: start again",
}  # fmt: skip


def printable(value: object, most: int = 200) -> str:
    """A server's words, fit for a terminal."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return text if len(text) <= most else text[: most - 1] + "…"


def document(answer: Answer, purpose: str) -> Document:
    """The JSON object of a good answer. Raises FlowFault, with the server's own words if it has
    any."""
    if 300 <= answer.status < 400:
        place = printable(masked_url(answer.header("location")))
        raise FlowFault(
            f"cannot {purpose}: the server answers {answer.status} and points to "
            f"{place or 'nowhere'}, which is not followed; name that address if it is right"
        )
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise FlowFault(
            f"cannot {purpose}: the server answers {answer.status} with a web page where JSON "
            "was due; the address may be wrong, or a proxy or a log-in page stands in between"
        )
    if not 200 <= answer.status < 300:
        raise refused(answer, purpose)
    return _json(answer, purpose)


def _json(answer: Answer, purpose: str) -> Document:
    try:
        return json_object(answer.body, "answer")
    except Unsound as fault:
        raise FlowFault(
            f"cannot {purpose}: the server answers {answer.status}, and {fault}"
        ) from None


def refused(answer: Answer, purpose: str) -> FlowFault:
    """The fault that an answer of 4xx or 5xx tells of."""
    try:
        told = json_object(answer.body, "answer")
    except Unsound:
        told = _challenge(answer)
    return refusal(told, purpose, f"the server answers {answer.status}")


def refusal(told: Document, purpose: str, who: str) -> FlowFault:
    """From the members `error` and `error_description`, wherever they came."""
    code = told.get("error")
    if not isinstance(code, str) or not code:
        return FlowFault(f"cannot {purpose}: {who}, and gives no reason")
    said = told.get("error_description")
    words = f": {printable(said)}" if isinstance(said, str) and said else ""
    advice = f" ({_ADVICE[code]})" if code in _ADVICE else ""
    return FlowFault(f"cannot {purpose}: {who}, {printable(code, 60)}{words}{advice}", code)


def _challenge(answer: Answer) -> Document:
    """RFC 6750, section 3: the error of a resource server stands in a header."""
    value = answer.header("www-authenticate")
    for name in value.split(","):
        key, equals, text = name.strip().rpartition(" ")[2].partition("=")
        if equals and key == "error":
            return {"error": text.strip('"')}
    return {}


def text_of(given: Document, name: str, purpose: str) -> str:
    """A member that must be there. Raises FlowFault."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise FlowFault(f"cannot {purpose}: the server's answer has no {name}")
    return value


def seconds_of(given: Document, name: str, default: float, most: float) -> float:
    """A span that a server names: sound and bounded, or the default."""
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return default
    return min(float(value), most)
