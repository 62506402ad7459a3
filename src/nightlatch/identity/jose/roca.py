"""RSA keys of one flawed chip library, known by their modulus (CVE-2017-15361).

Its primes are powers of 65537 modulo many small primes, and so is their product. A sound modulus is
that for all of them with a chance below 2**-27. Nemec, Sys, Svenda, Klinec and Matyas: The Return
of Coppersmith's Attack, CCS 2017.
"""

_GENERATOR = 65_537
_PRIMES = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip


def _powers(prime: int) -> frozenset[int]:
    return frozenset(pow(_GENERATOR, exponent, prime) for exponent in range(prime))


_POWERS = tuple((prime, _powers(prime)) for prime in _PRIMES)


def has_roca(modulus: int) -> bool:
    return all(modulus % prime in powers for prime, powers in _POWERS)
