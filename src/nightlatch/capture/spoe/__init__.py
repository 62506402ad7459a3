"""HAProxy's Stream Processing Offload Protocol: what its SPOE filter speaks to an agent."""
