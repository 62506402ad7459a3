"""`nightlatch oauth`, whole: the test server, the flows and the probes."""

from nightlatch.cli.oauth import oauth as oauth
from nightlatch.cli.oauth_flows import FLOWS
from nightlatch.cli.oauth_options import with_options
from nightlatch.cli.oauth_probe import probe, probe_server

for _name, _flow in FLOWS.items():
    oauth.command(name=_name)(_flow)
oauth.command()(probe)
oauth.command()(with_options(probe_server))
