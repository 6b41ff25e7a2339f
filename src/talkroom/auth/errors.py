"""What goes wrong before any client is involved: our own operator or developer asked for something that cannot be.

AuthError
├── InvalidSettings      secrets, keys or origins cannot be used as configured: do not start
│   └── UnusableKeys     a PEM text or a JWKS holds no key that the configured algorithms can use
└── InvalidClaims        a token was asked for that the verifier would refuse

What a client did wrong is a `ClientError` of the chat (`invalidToken`, `tokenExpired`), or `Unauthorized` of the
contract. Messages never hold a secret, a private key or a token.
"""


class AuthError(Exception):
    """The root of the tree."""


class InvalidSettings(AuthError):
    """Something is configured that cannot work or is not safe; the sentence says what to change."""


class UnusableKeys(InvalidSettings):
    """A PEM text or a JWKS cannot be read, or holds nothing that fits the configured algorithms."""


class InvalidClaims(AuthError):
    """The issuer was asked for a token that the verifier would refuse; the sentence names the claim."""
