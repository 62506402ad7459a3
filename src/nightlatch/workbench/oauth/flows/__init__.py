"""OAuth 2 and OpenID Connect as a client, server-side, every request shown before it is sent.

A flow is a generator that knows no socket: it yields what is to happen next (a `Call` to send, an
address to `Visit`, seconds to `Wait`) and is sent what came of it. `drive.play` carries a flow out
over HTTP; a test, or a person who only wants to look, can answer it by hand.
"""
