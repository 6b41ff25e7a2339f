"""A chat token for whoever is signed in: `app.register_blueprint(chat)`."""

import os
import time

import jwt
from flask import Blueprint, abort, session
from users import find_user

SECRET = os.environ["TALKROOM_TOKEN_SECRET"]

chat = Blueprint("chat", __name__)


@chat.post("/chat-token")
def chat_token():
    """Who it is for comes from the session, never from the request."""
    user = find_user(session.get("user_id"))
    if user is None:
        abort(401)
    claims = {
        "sub": str(user.id),
        "name": user.name[:64],
        "rooms": user.rooms,
        "aud": "talkroom",
        "exp": int(time.time()) + 3600,
    }
    return {"token": jwt.encode(claims, SECRET, "HS256")}, {"Cache-Control": "no-store"}
