"""The attacks that everybody knows, tried on one's own API and authorization server.

Only a GET of the named address, or the server's own endpoints, are asked, slowly; no attack loads
the server, changes data or makes it speak to another one.
"""
