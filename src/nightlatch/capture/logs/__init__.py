"""Access logs of all kinds: lines in, observed exchanges out."""
