"""What goes wrong with the local authority; each sentence says where and what to do.

LocalTlsError
├── InvalidName          a certificate was asked for a name that cannot be in one
└── UnusableAuthority    the authority's folder or a file in it cannot be used

Messages never hold anything of a private key.
"""


class LocalTlsError(Exception):
    """The root of the tree."""


class InvalidName(LocalTlsError):
    """A text is neither a host name nor an IP address."""


class UnusableAuthority(LocalTlsError):
    """A file belongs to somebody else, may be read by others, is damaged, or cannot be made."""
