"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import (
    attack_tool,
    crlf_injection,
    graphql_abuse,
    jwt_tricks,
    mail_header_injection,
    open_redirect,
    prototype_pollution,
    request_smuggling,
    server_side_request_forgery,
    vulnerability_probe,
)
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (
    attack_tool.CHECK,
    crlf_injection.CHECK,
    graphql_abuse.CHECK,
    jwt_tricks.CHECK,
    mail_header_injection.CHECK,
    open_redirect.CHECK,
    prototype_pollution.CHECK,
    request_smuggling.CHECK,
    server_side_request_forgery.CHECK,
    vulnerability_probe.CHECK,
)

RECOGNISERS: tuple[Recogniser, ...] = (
    attack_tool.RECOGNISER,
    crlf_injection.RECOGNISER,
    graphql_abuse.RECOGNISER,
    jwt_tricks.RECOGNISER,
    mail_header_injection.RECOGNISER,
    open_redirect.RECOGNISER,
    prototype_pollution.RECOGNISER,
    server_side_request_forgery.RECOGNISER,
    vulnerability_probe.RECOGNISER,
)

REQUEST_RULES: tuple[RequestRule, ...] = (attack_tool.RULE, request_smuggling.RULE)
