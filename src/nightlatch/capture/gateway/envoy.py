"""What people who have an Envoy of their own add to it."""

from string import Template
from typing import Final

from nightlatch.capture.gate import PREFIX
from nightlatch.capture.gateway.authorize import ENVOY
from nightlatch.capture.gateway.haproxy import PEER, SCHEME
from nightlatch.capture.gateway.upstream import Upstream

MAX_BODY: Final = 49_152
"""Bytes of a request's body that Envoy is asked to keep for us."""


def snippet(listen: Upstream, upstream: Upstream, log: str, port: int = 8080) -> str:
    """A whole configuration. `listen`: our own server; `log`: what `--access-log` reads."""
    return _SNIPPET.substitute(
        port=port,
        host=listen.host,
        our_port=listen.port,
        upstream_host=upstream.host,
        upstream_port=upstream.port,
        log=log,
        envoy=ENVOY,
        prefix=PREFIX,
        largest=MAX_BODY,
        peer=PEER,
        scheme=SCHEME,
    )


_SNIPPET: Final = Template("""\
# Envoy asks Nightlatch before it passes a request on, over HTTP (gRPC in Python costs ten times as
# much); the end of the exchange comes as a line of the access log. Bodies of answers are not seen.
static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: $port}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager\
.v3.HttpConnectionManager
          stat_prefix: nightlatch
          preserve_external_request_id: false
          use_remote_address: true
          stream_idle_timeout: 0s
          upgrade_configs: [{upgrade_type: websocket}]
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: $log
              log_format:
                json_format:
                  id: "%REQ(X-REQUEST-ID)%"
                  status: "%RESPONSE_CODE%"
                  sent: "%BYTES_SENT%"
                  received: "%BYTES_RECEIVED%"
                  took_ms: "%DURATION%"
                  type: "%RESP(CONTENT-TYPE)%"
                  length: "%RESP(CONTENT-LENGTH)%"
          http_filters:
          - name: envoy.filters.http.ext_authz
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
              transport_api_version: V3
              # fail = "open": when Nightlatch is gone, requests pass. false for "closed".
              failure_mode_allow: true
              with_request_body: {max_request_bytes: $largest, allow_partial_message: true}
              http_service:
                path_prefix: $envoy
                server_uri: {uri: nightlatch, cluster: nightlatch, timeout: 11s}
                authorization_request:
                  allowed_headers: {patterns: [{safe_regex: {regex: ".*"}}]}
                authorization_response:
                  allowed_client_headers: {patterns: [{safe_regex: {regex: ".*"}}]}
                  allowed_client_headers_on_success:
                    patterns: [{prefix: nightlatch-}, {prefix: ratelimit}, {exact: set-cookie}]
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: $prefix}
                route: {cluster: nightlatch}
                request_headers_to_add:
                - header: {key: $peer, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
                  append_action: OVERWRITE_IF_EXISTS_OR_ADD
                - header: {key: $scheme, value: "%REQ(X-FORWARDED-PROTO)%"}
                  append_action: OVERWRITE_IF_EXISTS_OR_ADD
                typed_per_filter_config:
                  envoy.filters.http.ext_authz:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz\
.v3.ExtAuthzPerRoute
                    disabled: true
              # Uploads beyond what is judged pass as they come; streams may last.
              - match: {prefix: /}
                route: {cluster: application, timeout: 0s}
  clusters:
  - name: nightlatch
    connect_timeout: 0.2s
    load_assignment:
      cluster_name: nightlatch
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address:
        {address: $host, port_value: $our_port}}}}]}]
    outlier_detection: {consecutive_local_origin_failure: 1,
      split_external_local_origin_errors: true, base_ejection_time: 1s}
  - name: application
    connect_timeout: 5s
    load_assignment:
      cluster_name: application
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address:
        {address: $upstream_host, port_value: $upstream_port}}}}]}]
""")
