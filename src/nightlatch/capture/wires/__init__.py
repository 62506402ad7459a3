"""What GELF and syslog have in common: sockets that strangers may write to.

Everything that arrives is counted once, by what became of it (`Tally`); what is lost in the kernel,
before anybody could read it, is counted too.
"""
