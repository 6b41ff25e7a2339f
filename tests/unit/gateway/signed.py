"""Requests as SDKs sign them at a fixed time, and a verifier whose clock can be set."""

from datetime import UTC, datetime

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import RequestToVerify
from talkroom.gateway.signing_keys import ManagementKey

KEY = ManagementKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNED_AT = "20260102T030405Z"
SIGNED_AT_MS = int(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()) * 1000
ENCODED = "/prod/%40connections/R0oXAdfD0kwCH6w%3D"
PLAIN = "/prod/@connections/R0oXAdfD0kwCH6w="
BODY = b"hello"
MISMATCH = (
    "^The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
)


def verify(
    request: RequestToVerify,
    body: bytes = BODY,
    now_ms: int = SIGNED_AT_MS,
    *,
    keys: tuple[ManagementKey, ...] = (KEY,),
) -> ManagementKey:
    """Both steps, as the management API takes them."""
    verifier = SignatureVerifier(keys, lambda: now_ms)
    return verifier.verify(verifier.read_claim(request), request, body)


def sign(
    target: str = ENCODED,
    *,
    method: str = "POST",
    key: ManagementKey = KEY,
    region: str = "eu-west-1",
    service: str = "execute-api",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = BODY,
) -> RequestToVerify:
    """A request as boto3 would send it at `SIGNED_AT`; botocore's `add_auth` knows no time but the present."""
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    signer = SigV4Auth(credentials, service, region)
    sent = (("Host", "chat.example.com"), ("X-Amz-Date", SIGNED_AT), *headers)
    request = AWSRequest(method, f"https://chat.example.com{target}", headers=dict(sent), data=body)
    request.context["timestamp"] = SIGNED_AT
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    authorization = f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    return RequestToVerify(method, target, (*sent, ("Authorization", authorization)))


def sign_handshake(
    target: str = "/prod", *, key: ManagementKey = KEY, headers: tuple[tuple[str, str], ...] = ()
) -> RequestToVerify:
    """A handshake of a program, which signs headers."""
    return sign(target, method="GET", key=key, headers=headers, body=b"")


def sign_query(
    target: str = "/prod",
    *,
    key: ManagementKey = KEY,
    service: str = "execute-api",
    expires_s: int = 300,
) -> RequestToVerify:
    """A handshake whose URL was signed at `SIGNED_AT`, as a browser sends it: it sets no header of its own."""
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    signer = SigV4QueryAuth(credentials, service, "eu-west-1", expires=expires_s)
    request = AWSRequest("GET", f"https://chat.example.com{target}", headers={"Host": "chat.example.com"})
    request.context["timestamp"] = SIGNED_AT
    signer._modify_request_before_signing(request)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    signer._inject_signature_to_request(request, signature)
    return RequestToVerify("GET", request.url.removeprefix("https://chat.example.com"), (("Host", "chat.example.com"),))


def with_target(request: RequestToVerify, target: str) -> RequestToVerify:
    """The same headers sent to another path."""
    return RequestToVerify(request.method, target, request.headers)


def with_header(request: RequestToVerify, name: str, *values: str) -> RequestToVerify:
    """The same request with a header replaced, or removed."""
    kept = tuple(header for header in request.headers if header[0].lower() != name.lower())
    return RequestToVerify(request.method, request.target, (*kept, *((name, value) for value in values)))
