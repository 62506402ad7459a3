"""Is this one exchange bad? One file per check, and the tuple CHECKS."""
