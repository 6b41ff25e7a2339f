"""Your own back end: it knows who is logged in, and signs a chat token for them."""

import os
import time
from pathlib import Path

import jwt
from aiohttp import web

SECRET = os.environ["TALKROOM_TOKEN_SECRET"]
PAGE = Path(__file__).with_name("page.html")


async def token(request: web.Request) -> web.Response:
    user = request.query["user"]  # A real back end takes it from the session, never from the request.
    claims = {
        "sub": user,
        "name": user.capitalize(),
        "aud": "talkroom",
        "exp": int(time.time()) + 600,
        "rooms": ["lobby"],
        "can": ["read", "send"],
    }
    return web.json_response({"token": jwt.encode(claims, SECRET, "HS256")})


async def page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE)


app = web.Application()
app.add_routes([web.get("/token", token), web.get("/", page)])
web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
