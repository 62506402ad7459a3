"""Nightlatch in front of any WSGI application.

from nightlatch.wsgi import NightlatchWSGI

application = NightlatchWSGI(application)
"""

from nightlatch.app.wsgi import NightlatchWSGI as NightlatchWSGI
