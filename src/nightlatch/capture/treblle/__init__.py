"""Events of Treblle's SDKs, as they are: one exchange a POST to `/`, in JSON."""
