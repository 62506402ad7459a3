"""Is this one exchange bad? One file per check, and the tuple of all of them.

A new check costs one file beside these, one line below, and its cases under `tests/checks/cases/`.
"""

from nightlatch.checks import (
    accept_header,
    authorization,
    bulk_lookup,
    cacheable_personal_data,
    content_labeling,
    content_security_policy,
    contract_contradicted,
    cookie_flags,
    cors,
    credential_in_url,
    credential_over_http,
    debug_path,
    deprecated_endpoint,
    directory_listing,
    dormant_endpoint,
    embedding,
    excessive_records,
    existence_revealed,
    graphql_introspection,
    hidden_file,
    ip_reputation,
    mass_assignment,
    method_limiting,
    method_override,
    mime_sniffing,
    no_limit_for_strangers,
    password_in_response,
    password_in_url,
    personal_data_to_strangers,
    plain_http,
    rate_limit_headers,
    secret_in_response,
    sequential_ids,
    sql_error,
    stack_trace,
    strict_transport,
    token_accepted_invalid,
    token_faults,
    token_weak_secret,
    trace_method,
    unread_request,
    verbose_server,
    wildcard_identifier,
)
from nightlatch.checks.attacks import sql_injection
from nightlatch.checks.attacks.registry import ATTACK_CHECKS
from nightlatch.checks.check import Check


def distinct(*checks: Check) -> tuple[Check, ...]:
    """The checks as given; ValueError when two share an id: people write ids into exceptions."""
    seen: set[str] = set()
    for check in checks:
        if check.id in seen:
            raise ValueError(f"two checks are called {check.id!r}: give the newer one another id")
        seen.add(check.id)
    return checks


CHECKS = distinct(
    # The 13 that Treblle publishes.
    authorization.CHECK,
    sql_injection.CHECK,
    ip_reputation.CHECK,
    plain_http.CHECK,
    sequential_ids.CHECK,
    rate_limit_headers.CHECK,
    content_labeling.CHECK,
    mime_sniffing.CHECK,
    strict_transport.CHECK,
    embedding.CHECK,
    content_security_policy.CHECK,
    accept_header.CHECK,
    method_limiting.CHECK,
    # Ours.
    personal_data_to_strangers.CHECK,
    contract_contradicted.CHECK,
    existence_revealed.CHECK,
    secret_in_response.CHECK,
    password_in_response.CHECK,
    credential_in_url.CHECK,
    password_in_url.CHECK,
    credential_over_http.CHECK,
    token_faults.CHECK,
    token_accepted_invalid.CHECK,
    token_weak_secret.CHECK,
    debug_path.CHECK,
    hidden_file.CHECK,
    directory_listing.CHECK,
    stack_trace.CHECK,
    sql_error.CHECK,
    cors.CHECK,
    excessive_records.CHECK,
    bulk_lookup.CHECK,
    wildcard_identifier.CHECK,
    mass_assignment.CHECK,
    method_override.CHECK,
    trace_method.CHECK,
    graphql_introspection.CHECK,
    no_limit_for_strangers.CHECK,
    deprecated_endpoint.CHECK,
    dormant_endpoint.CHECK,
    cacheable_personal_data.CHECK,
    cookie_flags.CHECK,
    verbose_server.CHECK,
    unread_request.CHECK,
    *(check for check in ATTACK_CHECKS if check is not sql_injection.CHECK),
)
