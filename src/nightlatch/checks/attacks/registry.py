"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import (
    attack_tool,
    code_injection,
    command_injection,
    crlf_injection,
    cross_site_scripting,
    expression_injection,
    graphql_abuse,
    jwt_tricks,
    mail_header_injection,
    open_redirect,
    path_traversal,
    prototype_pollution,
    request_framing,
    server_side_include,
    server_side_request_forgery,
    sql_injection,
    template_injection,
    vulnerability_probe,
)
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (
    attack_tool.CHECK,
    code_injection.CHECK,
    command_injection.CHECK,
    crlf_injection.CHECK,
    cross_site_scripting.CHECK,
    expression_injection.CHECK,
    graphql_abuse.CHECK,
    jwt_tricks.CHECK,
    mail_header_injection.CHECK,
    open_redirect.CHECK,
    path_traversal.CHECK,
    prototype_pollution.CHECK,
    request_framing.CHECK,
    server_side_include.CHECK,
    server_side_request_forgery.CHECK,
    sql_injection.CHECK,
    template_injection.CHECK,
    vulnerability_probe.CHECK,
)

RECOGNISERS: tuple[Recogniser, ...] = (
    attack_tool.RECOGNISER,
    code_injection.RECOGNISER,
    command_injection.RECOGNISER,
    crlf_injection.RECOGNISER,
    cross_site_scripting.RECOGNISER,
    expression_injection.RECOGNISER,
    graphql_abuse.RECOGNISER,
    jwt_tricks.RECOGNISER,
    mail_header_injection.RECOGNISER,
    open_redirect.RECOGNISER,
    path_traversal.RECOGNISER,
    prototype_pollution.RECOGNISER,
    server_side_include.RECOGNISER,
    server_side_request_forgery.RECOGNISER,
    sql_injection.RECOGNISER,
    template_injection.RECOGNISER,
    vulnerability_probe.RECOGNISER,
)

REQUEST_RULES: tuple[RequestRule, ...] = (attack_tool.RULE, request_framing.RULE)
