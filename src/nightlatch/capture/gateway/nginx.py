"""What people who have an nginx of their own add to it."""

from pathlib import Path
from string import Template
from typing import Final

from nightlatch.capture.gate import PREFIX
from nightlatch.capture.gateway.authorize import FETCH, MIRROR, NGINX
from nightlatch.capture.gateway.haproxy import ANSWER


def snippet(listen: str, upstream: str, place: Path) -> str:
    """`listen`: HOST:PORT of our own server; `place`: where its socket for log lines is."""
    return _SNIPPET.substitute(
        ours=listen,
        upstream=upstream,
        place=place,
        nginx=NGINX,
        mirror=MIRROR,
        fetch=FETCH,
        prefix=PREFIX,
        answer=ANSWER,
        variable=ANSWER.replace("-", "_"),
    )


# A Template's own "$$" is one "$" of nginx.
_SNIPPET: Final = Template("""\
# In http { }. nginx asks Nightlatch before it passes a request on; the body follows as a mirrored
# request, the end of the exchange as a line of the log. Bodies of answers are not seen.
upstream nightlatch {
    server $ours;
    keepalive 64;
}
log_format nightlatch escape=json '{"id":"$$request_id","status":$$status,'
    '"sent":$$body_bytes_sent,"took":$$request_time,'
    '"type":"$$sent_http_content_type","length":"$$sent_http_content_length"}';

server {
    listen 8080;
    access_log syslog:server=unix:$place/ends.sock,nohostname nightlatch;

    location / {
        auth_request /_nightlatch/authorize;
        auth_request_set $$nightlatch_answer $$upstream_http_$variable;
        auth_request_set $$nightlatch_pass $$upstream_http_nightlatch_pass;
        auth_request_set $$nightlatch_cookie $$upstream_http_set_cookie;
        add_header nightlatch-pass $$nightlatch_pass always;
        add_header set-cookie $$nightlatch_cookie always;
        error_page 403 = @nightlatch;
        # fail = "open": when Nightlatch is gone, requests pass. Leave these two out for "closed".
        error_page 500 = @open;
        recursive_error_pages on;

        mirror /_nightlatch/mirror;
        proxy_pass $upstream;
        proxy_set_header Host $$host;
        proxy_set_header X-Forwarded-For $$proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $$scheme;
    }
    location @open {
        proxy_pass $upstream;
        proxy_set_header Host $$host;
        proxy_set_header X-Forwarded-For $$proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $$scheme;
    }
    location = /_nightlatch/authorize {
        internal;
        proxy_pass http://nightlatch$nginx;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        # In the location itself: one proxy_set_header here drops all that stand further out.
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $$host;
        proxy_set_header X-Nightlatch-Id $$request_id;
        proxy_set_header X-Nightlatch-Method $$request_method;
        proxy_set_header X-Nightlatch-Uri $$request_uri;
        proxy_set_header X-Nightlatch-Src $$remote_addr;
        proxy_set_header X-Nightlatch-Scheme $$scheme;
        proxy_set_header X-Nightlatch-Version $$server_protocol;
        proxy_connect_timeout 200ms;
        proxy_read_timeout 11s;
    }
    location = /_nightlatch/mirror {
        internal;
        proxy_pass http://nightlatch$mirror;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header X-Nightlatch-Id $$request_id;
    }
    location @nightlatch {
        proxy_pass http://nightlatch;
        rewrite ^ $fetch break;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header $answer $$nightlatch_answer;
    }
    # Where challenges are met.
    location $prefix {
        proxy_pass http://nightlatch;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header x-nightlatch-peer $$remote_addr;
        proxy_set_header x-nightlatch-scheme $$scheme;
        proxy_set_header $answer "";
    }
}
""")
