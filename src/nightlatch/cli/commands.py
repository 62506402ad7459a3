"""What `nightlatch` can do: each command with its place, and its line on the help page."""

from nightlatch.cli.late import Entry

_LEVERS = "Levers: each is previewed, ends by itself, and can be undone"
_IN_AND_OUT = "In and out: what was seen elsewhere, and where it goes"
_BENCH = "Workbench: nothing leaves this machine"
# What follows is the server's, its options too.
_AS_IT_IS = {"ignore_unknown_options": True, "allow_interspersed_args": False}

_FIRST = (
    Entry("demo", "demo:demo",
          "Replay the breach against a sample API: unprotected, observed and enforced."),
    Entry("replay", "replay:replay",
          "Replay documented breaches: what would have left, what was refused, who was in "
          "the way."),
    Entry("up", "up:up", "Run the collector and console on this machine, with embedded stores."),
    Entry("doctor", "doctor:doctor",
          "Explain what was found here and what is wrong. Ends with 1 when something is."),
    Entry("endpoints", "endpoints:endpoints",
          "Every endpoint seen, with its posture, its data and how many people it gave away."),
    Entry("checks", "checks:checks",
          "List the checks that read every exchange; name one to read its help."),
    Entry("detectors", "detectors:detectors",
          "List the detectors that judge many exchanges together; name one to read its help."),
    Entry("feeds", "feeds:feeds",
          "Show the configured lists of networks, fetch them now, or try one out."),
    Entry("patterns", "patterns:patterns",
          "Compile the attack patterns now, and keep them for every start."),
    Entry("version", "version:version", "Which Nightlatch this is, on which Python."),
    Entry("serve-sample", "demo:serve_sample",
          "Serve the sample API of the demo behind the middleware.", hidden=True),
    Entry("serve-replay", "replay_server:serve_replay",
          "Serve the API of a scenario behind the middleware.", hidden=True),
)  # fmt: skip

_MEASURES = (
    Entry("measures", "measures:measures",
          "List what is ordered: what, whom, by whom, until when, and how often it hit.", _LEVERS),
    Entry("block", "measures:block",
          "Refuse them with 403, before the application is asked; for a day unless told otherwise.",
          _LEVERS),
    Entry("challenge", "measures:challenge",
          "Let them solve a puzzle once before they are heard: dear for who asks a million times.",
          _LEVERS),
    Entry("limit", "measures:limit",
          "Allow so many requests, or so many different people's records, within a time.", _LEVERS),
    Entry("slow", "measures:slow", "Let each of their answers wait before it leaves.", _LEVERS),
    Entry("withhold", "measures:withhold", "Take fields out of the answers.", _LEVERS),
    Entry("uniform", "measures:uniform",
          "Let found and not found look the same, so that nobody learns who is known here.",
          _LEVERS),
    Entry("exempt", "measures:exempt",
          "Trust them: no detector, budget or limit concerns them. For partners and offices.",
          _LEVERS),
    Entry("undo", "measures:undo", "Take a measure back.", _LEVERS),
    Entry("renew", "measures:renew", "Let a measure last longer, from now on.", _LEVERS),
    Entry("close", "measures:close",
          "Close this door: callers must show a credential there, whatever its code forgot.",
          _LEVERS),
    Entry("open", "measures:open_door",
          "Open a door that was closed: what was decided before holds again.", _LEVERS),
)  # fmt: skip

_PASSING = (
    Entry("run", "run:run_command",
          "Start a Python server with Nightlatch in the place of Treblle's SDK, without touching "
          "code.", _IN_AND_OUT, context_settings=_AS_IT_IS),
    Entry("import", "import_logs:import_logs",
          "Read access logs and HAR files as if they had happened here.", _IN_AND_OUT),
    Entry("dead-letters", "source:dead_letters",
          "Show what sources sent and could not be read: why, how often, and how the latest "
          "looked.", _IN_AND_OUT),
    Entry("export", "export:export",
          "Hand on past exchanges, and what was found in them: newest first, redacted as they are "
          "kept.", _IN_AND_OUT),
)  # fmt: skip

_GROUPS = (
    Entry("limits", "preview:limits", "Limits that would fit what callers do.", _LEVERS),
    Entry("gateway", "gateway:gateway",
          "Stand in front of an application in any language, with HAProxy.", _IN_AND_OUT),
    Entry("source", "source:source",
          "Tokens of sources: who may send, and what they sent.", _IN_AND_OUT),
    Entry("token", "token:token",
          "Take tokens apart, verify, judge and make them; alone, print a link to the console.",
          _BENCH),
    Entry("otp", "otp:otp",
          "One-time codes: enrol, show, check, and find a clock that is off.", _BENCH),
    Entry("oauth", "oauth_commands:oauth",
          "OAuth 2 and OpenID Connect: try flows, against your server or a test server of ours.",
          _BENCH),
)  # fmt: skip

COMMANDS = (*_FIRST, *_MEASURES, *_PASSING, *_GROUPS)
"""As the help page shows them: by panel, in this order."""
