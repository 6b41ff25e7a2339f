"""What docs/topics/tokens.md says is so: its tables agree with the code, and its example issues a token that is accepted."""

import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from talkroom.auth import claims, compact, jwk, jwks, key_file, keys, settings
from talkroom.auth.claims import Claims, Expectation
from talkroom.auth.settings import TokenSettings, make_verifier
from tests.unit.auth.support import SECRET

PAGE = (Path(__file__).parents[3] / "docs/topics/tokens.md").read_text()

LIMITS: dict[str, float] = {
    "characters of a token": compact.TOKEN_CHARACTERS_MAX,
    "characters of `sub`": claims.SUBJECT_CHARACTERS_MAX,
    "characters of `name`": claims.NAME_CHARACTERS_MAX,
    "bytes of an HS256 secret, at least": keys.SECRET_BYTES_MIN,
    "bits of an RSA key, at least": keys.RSA_BITS_MIN,
    "seconds of clock skew, as it comes": Expectation().leeway_s,
    "seconds of clock skew, at most": settings.LEEWAY_S_MAX,
    "seconds between looks at a key file": key_file.CHECK_INTERVAL_S,
    "seconds between fetches of a JWKS, at least": jwks.FETCH_INTERVAL_S,
    "seconds until a JWKS is fetched again": jwks.KEYS_AGE_MAX_S,
    "seconds that a fetch may take": jwks.FETCH_TIMEOUT_S,
    "bytes of a JWKS": jwks.JWKS_BYTES_MAX,
    "keys of a JWKS": jwk.JWKS_KEYS_MAX,
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def test_every_claim_is_in_the_table() -> None:
    """And the table holds no other, and says which are required."""
    required = {field.encode_name for field in msgspec.structs.fields(Claims) if field.required}
    # The type lets `aud` be absent so that its own sentence can be given.
    required.add("aud")

    described = {row[0].strip("`"): row[1] for row in rows("What a token holds")}

    assert set(Claims.__struct_fields__) == described.keys()
    assert required == {claim for claim, is_required in described.items() if is_required == "yes"}


def test_every_limit_is_the_codes() -> None:
    """A number stated twice is compared."""
    assert LIMITS == {row[0]: float(row[1]) for row in rows("Limits")}


def test_the_defaults_are_stated_once() -> None:
    """`TokenSettings` and `Expectation` agree."""
    defaults = TokenSettings(secret=SECRET)

    assert (Expectation().audience, Expectation().leeway_s) == (defaults.audience, defaults.leeway_s)


async def test_the_python_example_issues_a_token_that_is_accepted() -> None:
    """As it stands on the page, by a server with the system's clock."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)  # noqa: S102  # our own page

    token = names["chat_token"]("alice", "アリス", ["lobby"], SECRET)

    grant = await make_verifier(TokenSettings(secret=SECRET), lambda: int(time.time() * 1000)).verify(token)
    assert ("alice", "アリス", ("lobby",)) == (grant.principal_id, grant.name, grant.rooms)


@pytest.mark.parametrize("status", ["400", "401", "403", "500"])
def test_every_answer_is_in_the_table(status: str) -> None:
    """The four that the authorizer and `$connect` give."""
    assert any(row[1].startswith(status) for row in rows("What is refused, and how"))
