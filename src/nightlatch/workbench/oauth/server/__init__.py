"""A real authorization server for playing and for tests, with faults that can be switched on.

Never for production: it needs no password, forgets everything when it ends, and says so in its
metadata. What it does follows the RFCs that each file names; `faults.py` lists what it does not do
when told. Handlers are plain functions of the state, what was asked and the time; `app.py` is the
edge where HTTP and the clock are.
"""
