"""AWS_IAM as the authorization of `$connect`: a handshake signed with a key that may invoke the route.

Signed are its headers, or, by browsers, which cannot set any, its query. Statuses and words: section 3 of the contract page.
"""

from talkroom.contract.authorizer import INVOKE
from talkroom.contract.errors import Forbidden
from talkroom.gateway.event_factory import HandshakeRequest
from talkroom.gateway.permissions import check_permission, connect_arn
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import RequestToVerify


class IamAuthorization:
    """Decides handshakes of the stage whose ARN (`permissions.stage_arn`) is given. Nothing here waits."""

    def __init__(self, verifier: SignatureVerifier, of_stage: str) -> None:
        self._verifier = verifier
        self._connect_arn = connect_arn(of_stage)

    def __call__(self, handshake: HandshakeRequest) -> tuple[int, str] | None:
        """The status and the message that refuse this handshake, or None when it is admitted."""
        request = RequestToVerify("GET", handshake.target, tuple((name, _as_utf_8(v)) for name, v in handshake.headers))
        try:
            key = self._verifier.verify(self._verifier.read_claim(request), request, b"")
            check_permission(key, INVOKE, self._connect_arn)
        except Forbidden as refusal:
            return refusal.http_status, str(refusal)
        return None


def _as_utf_8(value: str) -> str:
    """A header's value as signers mean it: the request head is read as latin-1, a byte a character."""
    return value if value.isascii() else value.encode("latin-1").decode(errors="surrogateescape")
