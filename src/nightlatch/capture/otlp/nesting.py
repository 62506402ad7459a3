"""One request, two server spans: the server's or a middleware's, and the framework's within it.

Each knows what the other does not (the client's address outside, the route inside), and together
they are one exchange.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from nightlatch.capture.otlp.telemetry import Telemetry

_MOST = 32
"""Server spans of one trace in one batch that are compared with each other."""


def joined(spans: Sequence[Telemetry]) -> list[Telemetry]:
    """The outermost ones, each with what those within it know besides. One whose outer span is not
    in the batch stays: to count one in some hundred twice is better than to lose a service whose
    spans all stand within something else."""
    traces: dict[str, list[Telemetry]] = {}
    for span in spans:
        traces.setdefault(span.trace, []).append(span)
    if len(traces) == len(spans):
        return list(spans)
    whole: list[Telemetry] = []
    for trace, group in traces.items():
        whole += _join(group) if trace and 1 < len(group) <= _MOST else group
    return whole


def _join(group: list[Telemetry]) -> list[Telemetry]:
    outer_first = sorted(group, key=lambda span: (span.begin, -span.end))
    whole: list[Telemetry] = []
    for span in outer_first:
        for index, outer in enumerate(whole):
            if _is_within(span, outer):
                whole[index] = replace(
                    outer,
                    attributes={**span.attributes, **outer.attributes},
                    raised=outer.raised or span.raised,
                    failed=outer.failed or span.failed,
                )
                break
        else:
            whole.append(span)
    return whole


def _is_within(span: Telemetry, outer: Telemetry) -> bool:
    """In the same process, at the same time."""
    return (
        (span.parent == outer.span or span.local)
        and span.resource == outer.resource
        and bool(span.parent)
        and outer.begin <= span.begin
        and span.end <= outer.end
    )
