"""A chat token for whoever is signed in: `app.include_router(chat)`, with Starlette's SessionMiddleware."""

import os
import time

import jwt
from fastapi import APIRouter, HTTPException, Request, Response
from users import find_user

SECRET = os.environ["TALKROOM_TOKEN_SECRET"]

chat = APIRouter()


@chat.post("/chat-token")
def chat_token(request: Request, response: Response) -> dict[str, str]:
    """Who it is for comes from the session, never from the request."""
    user = find_user(request.session.get("user_id"))
    if user is None:
        raise HTTPException(401)
    claims = {
        "sub": str(user.id),
        "name": user.name[:64],
        "rooms": user.rooms,
        "aud": "talkroom",
        "exp": int(time.time()) + 3600,
    }
    response.headers["Cache-Control"] = "no-store"
    return {"token": jwt.encode(claims, SECRET, "HS256")}
