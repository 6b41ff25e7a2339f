"""docs/howto/use-your-identity-provider.md: its trigger makes tokens that are accepted, and its refusals are the code's."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from talkroom.auth.settings import TokenSettings, make_verifier
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.model.errors import ClientError
from tests.docs.support import DEADLINE_S, DOCS, fences

PAGE = DOCS / "howto" / "use-your-identity-provider.md"
CLIENT_ID = "1example23456789"
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example"
NOW_S = 1_800_000_000
ACCESS_TOKEN = {
    "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "cognito:groups": ["7"],
    "iss": ISSUER,
    "client_id": CLIENT_ID,
    "token_use": "access",
    "scope": "openid profile",
    "auth_time": NOW_S - 10,
    "exp": NOW_S + 3600,
    "iat": NOW_S - 10,
    "username": "my-test-user",
}
"""As "Understanding the access token" shows one."""
CALL_THE_ACTION = """
const claims = {};
const api = {accessToken: {setCustomClaim: (name, value) => { claims[name] = value; }}};
exports.onExecutePostLogin({user: {app_metadata: {rooms: ["a", "b-*"]}}}, api).then(() => console.log(JSON.stringify(claims)));
"""
EVENT: dict[str, Any] = {
    "version": "2",
    "triggerSource": "TokenGeneration_Authentication",
    "callerContext": {"clientId": CLIENT_ID},
    "request": {
        "userAttributes": {"sub": ACCESS_TOKEN["sub"], "name": "アリス" * 40, "email": "alice@example.com"},
        "groupConfiguration": {"groupsToOverride": ["7"], "iamRolesToOverride": []},
        "scopes": ["openid", "profile"],
    },
    "response": {},
}


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    """The pool's."""
    return generate_private_key(65537, 2048)


@pytest.fixture
def verifier(key: RSAPrivateKey, tmp_path: Path) -> JwtVerifier:
    """With the settings of the page."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}))
    settings = TokenSettings(algorithms=("RS256",), jwks=str(path), audience=CLIENT_ID, issuer=ISSUER)
    return make_verifier(settings, lambda: NOW_S * 1000)


def sign(claims: dict[str, Any], key: Any, kid: str = "1", algorithm: str = "RS256") -> str:
    """As the provider does."""
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})


def run_trigger(event: dict[str, Any]) -> dict[str, Any]:
    """The page's function, and what it adds to access tokens."""
    (fence,) = [fence for fence in fences(PAGE) if fence.language == "python"]
    names: dict[str, Any] = {}
    exec(fence.text, names)  # noqa: S102  # our own page
    answer = names["handle"](event, None)
    return dict(answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["claimsToAddOrOverride"])


async def test_the_trigger_makes_an_access_token_a_chat_token(verifier: JwtVerifier, key: RSAPrivateKey) -> None:
    """With the rooms of the user's groups, and a name that is not too long."""
    grant = await verifier.verify(sign({**ACCESS_TOKEN, **run_trigger(EVENT)}, key))

    assert ACCESS_TOKEN["sub"] == grant.principal_id
    assert ("アリス" * 40)[:64] == grant.name
    assert ("lobby", "team-7-*") == grant.rooms
    assert {"read", "send"} == grant.can


async def test_a_user_without_name_and_groups_gets_a_token_too(verifier: JwtVerifier, key: RSAPrivateKey) -> None:
    """Cognito leaves out what there is not."""
    request = {"userAttributes": {}, "groupConfiguration": {}}
    grant = await verifier.verify(sign({**ACCESS_TOKEN, **run_trigger({**EVENT, "request": request})}, key))

    assert (ACCESS_TOKEN["sub"], ("lobby",)) == (grant.name, grant.rooms)


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"aud": None}, {}),
        ({"aud": "another"}, {}),
        ({"iss": f"{ISSUER}/"}, {}),
        ({}, {"kid": "another"}),
        ({}, {"algorithm": "HS256", "key": "a secret that is longer than 32 bytes"}),
        ({"rooms": "lobby"}, {}),
        ({"name": "a" * 70}, {}),
    ],
    ids=["no audience", "another audience", "another issuer", "another key", "another algorithm", "rooms", "name"],
)
async def test_a_refusal_is_on_the_page(
    verifier: JwtVerifier, key: RSAPrivateKey, changes: dict[str, Any], header: dict[str, Any]
) -> None:
    """Word for word, but for what is the reader's own."""
    claims = {**ACCESS_TOKEN, **run_trigger(EVENT), **changes}
    token = sign({name: value for name, value in claims.items() if value is not None}, **{"key": key, **header})

    with pytest.raises(ClientError) as refused:
        await verifier.verify(token)
    shown = re.sub(r'"[^"]+"', '"…"', refused.value.detail)
    assert re.findall(
        rf"^\| `` ?{re.escape(shown)} ?`` \||^\| `{re.escape(shown)}` \|", PAGE.read_text(), re.MULTILINE
    ), shown


async def test_a_token_without_rooms_is_accepted_and_may_do_nothing(verifier: JwtVerifier, key: RSAPrivateKey) -> None:
    """As the page says of the kind of token that the trigger does not change."""
    grant = await verifier.verify(sign({**ACCESS_TOKEN, "aud": CLIENT_ID}, key))

    assert () == grant.rooms


def test_the_action_adds_rooms(tmp_path: Path) -> None:
    """Under Node, with an `api` that remembers."""
    (fence,) = [fence for fence in fences(PAGE) if fence.language == "js"]
    node = shutil.which("node")
    assert node, "Node.js 20 or newer is missing"
    script = tmp_path / "action.cjs"
    script.write_text(f"{fence.text}\n{CALL_THE_ACTION}")
    run = subprocess.run([node, script], check=True, capture_output=True, text=True, timeout=DEADLINE_S)

    assert {"rooms": ["a", "b-*"]} == json.loads(run.stdout)
