"""docs/howto/embed-the-chat.md: what it shows is what is in the examples, and the tokens of its back ends open the chat.

What it says of browsers is tested in tests/browser/test_embedding.py.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.docs.embedding import BACK_ENDS, EXAMPLES, JAPANESE_PAGE, PAGE, Visitor, a_back_end
from tests.docs.support import ROOT, SECRET, a_chat_server, server_objects

SHOWN = [
    "page.html",
    "flask/chat_token.py",
    "fastapi/chat_token.py",
    "express/chat-token.js",
    "rails/chat_tokens_controller.rb",
    "react/TalkRoom.jsx",
    "vue/TalkRoom.vue",
]
TOKEN_LIFE_S = 3600
SLOW_S = 600
"""How long a test may take between the making of a token and the look at it."""


@pytest.mark.parametrize("name", SHOWN)
def test_a_program_of_the_page_is_shown_whole(name: str) -> None:
    """Under its own name."""
    path = EXAMPLES / name
    heading = f"`{path.relative_to(ROOT)}`:\n\n```"
    text = PAGE.read_text(encoding="utf-8")
    shown = text.partition(heading)[2].partition("\n")[2].partition("\n```")[0] + "\n"

    assert heading in text
    assert path.read_text(encoding="utf-8") == shown


def test_every_program_that_the_page_names_is_one_that_is_compared() -> None:
    """None is shown and forgotten."""
    named = re.findall(r"^`examples/embed/([^`]+)`:$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(SHOWN) == sorted(named)


# Back ends.


@pytest.fixture(scope="module", params=BACK_ENDS)
def back_end(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each of them in turn; its URL."""
    with a_back_end(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


def test_a_back_end_says_who_is_signed_in_and_where_they_may_go(back_end: str) -> None:
    """For an hour, with the claims that the server needs, signed with HS256."""
    token = Visitor(back_end).signed_in(1).post("/chat-token").token
    claims = jwt.decode(token, SECRET, ["HS256"], audience="talkroom")

    expected = {"sub": "1", "name": "アリス", "rooms": ["lobby", "team-7-*"], "aud": "talkroom"}
    assert expected == {name: value for name, value in claims.items() if name not in ("exp", "iat")}
    assert TOKEN_LIFE_S - SLOW_S < claims["exp"] - time.time() <= TOKEN_LIFE_S


async def test_the_token_of_a_back_end_opens_the_chat(back_end: str, tmp_path: Path) -> None:
    """A message carries the id and the name of who is signed in."""
    token = Visitor(back_end).signed_in(2).post("/chat-token").token
    async with (
        a_chat_server(tmp_path / "talkroom.db") as server,
        connect(server.url, subprotocols=[Subprotocol("talkroom.v1"), Subprotocol(token)]) as client,
    ):
        await client.send('{"action":"join","ref":1,"data":{"roomId":"lobby"}}')
        await client.recv()
        await client.send('{"action":"sendmessage","data":{"roomId":"lobby","message":"hi"}}')
        pushed = None
        while pushed is None:
            received = server_objects(await client.recv())
            pushed = next((one for one in received if one["type"] == "message"), None)

        assert ("2", "ボブ", "hi") == (pushed["sender"], pushed["name"], pushed["message"])


def test_a_back_end_gives_nobody_a_token(back_end: str) -> None:
    """Without a session the answer is 401."""
    assert Visitor(back_end).post("/chat-token").status == 401


def test_a_back_end_does_not_believe_an_id_in_the_request(back_end: str) -> None:
    """Whatever a page sends, the token is for who is signed in."""
    visitor = Visitor(back_end).signed_in(2)
    token = visitor.post("/chat-token?user=1&user_id=1&sub=1", user="1", user_id="1", sub="1", name="x").token

    claims = jwt.decode(token, SECRET, ["HS256"], audience="talkroom")

    assert ("2", "ボブ") == (claims["sub"], claims["name"])


def test_the_answer_of_a_back_end_is_not_to_be_kept(back_end: str) -> None:
    """By no cache between it and the page."""
    answer = Visitor(back_end).signed_in(1).post("/chat-token")

    assert "no-store" in {name.lower(): value for name, value in answer.headers.items()}["cache-control"]


# Pictures.


@pytest.mark.parametrize("page", [PAGE, JAPANESE_PAGE], ids=str)
def test_every_picture_is_there(page: Path) -> None:
    """`make screenshots` makes them; each is small enough for a repository."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))

    assert len(pictures) == 4
    for picture in pictures:
        assert 0 < (page.parent / picture).resolve().stat().st_size <= 200_000, picture
