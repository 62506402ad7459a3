"""Tokens of the JOSE family, verified with a lawyer's eye.

`verify(token, keys)` is all that others need. The cryptography is joserfc's; here is the policy
around it, because a library must accept what the RFCs allow, and a verifier should not:

- the algorithm is the key's to say, never the token's alone (RFC 8725, section 3.1);
- base64url is canonical, JSON has no member twice and is not deep, headers say each thing once;
- keys are strong enough for what they are used for, ids are unique, and a set does not mix secrets
  with public keys;
- whatever goes wrong is a reason in words, and never an exception.
"""

from nightlatch.identity.jose.verified import Verified
from nightlatch.identity.jose.verify import verify

__all__ = ["Verified", "verify"]
