"""A certificate authority for one machine, so that `https://` and `wss://` work there as they do on AWS."""

from talkroom.local_tls.authority import LocalAuthority
from talkroom.local_tls.errors import InvalidName, LocalTlsError, UnusableAuthority

__all__ = ["InvalidName", "LocalAuthority", "LocalTlsError", "UnusableAuthority"]
