"""JSON lines of anybody: by the usual names, or by a mapping."""

from nightlatch.capture.logs.json_lines import JsonLines
from nightlatch.capture.logs.log_format import LogFormat

JSON = LogFormat(
    "json",
    "anything that writes JSON lines",
    "One object a line, by the names of OpenTelemetry, ECS, Sigma and nginx, nested or dotted; "
    "`--mapping` names others: status=res.code,path=req.url.",
    (
        '{"@timestamp":"2026-11-18T19:18:28.123Z","client":{"ip":"203.0.113.7"},"http":{"request":'
        '{"method":"GET"},"response":{"status_code":200,"body":{"bytes":512}}},"url":{"path":'
        '"/v1/users","query":"q=1","scheme":"https","domain":"shop.example"},"user_agent":'
        '{"original":"curl/8.5.0"},"event":{"duration":12000000}}',
    ),
    JsonLines,
)
