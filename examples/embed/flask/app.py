"""A service that embeds the chat, with Flask: `TALKROOM_TOKEN_SECRET=… python app.py`."""

import os
import secrets
from pathlib import Path

from chat_token import chat
from flask import Flask, redirect, request, session

CHAT = os.environ.get("CHAT_HOST", "localhost:8080")
PAGES = Path(__file__).parents[1]
POLICY = f"default-src 'self'; script-src http://{CHAT}; connect-src 'self' http://{CHAT} ws://{CHAT}"

app = Flask(__name__)
app.secret_key = secrets.token_bytes()
app.register_blueprint(chat)


@app.get("/")
def page():
    """The chat, or the way to it."""
    name = "page.html" if "user_id" in session else "sign-in.html"
    text = (PAGES / name).read_text(encoding="utf-8")
    return text.replace("localhost:8080", CHAT), {"Content-Security-Policy": POLICY}


@app.post("/sign-in")
def sign_in():
    """In place of your own: it believes whatever it is told."""
    session["user_id"] = int(request.form["user"])
    return redirect("/")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
