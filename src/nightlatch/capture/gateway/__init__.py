"""Proxies in front of an application: HAProxy over SPOP, nginx and Envoy over HTTP."""
