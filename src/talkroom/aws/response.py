"""An answer to a call to AWS. Pure."""

from collections.abc import Mapping

import msgspec


class HttpResponse(msgspec.Struct, frozen=True):
    """An answer. When its body broke off, is too long or did not come in time, `is_whole` is False and the body is empty."""

    status: int
    headers: Mapping[str, str]
    """Names are found in any case."""
    body: bytes = b""
    is_whole: bool = True
