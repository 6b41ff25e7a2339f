"""A service that embeds the chat, with FastAPI: `TALKROOM_TOKEN_SECRET=… python app.py`."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from chat_token import chat
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

CHAT = os.environ.get("CHAT_HOST", "localhost:8080")
PAGES = Path(__file__).parents[1]
POLICY = f"default-src 'self'; script-src http://{CHAT}; connect-src 'self' http://{CHAT} ws://{CHAT}"

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=secrets.token_hex())
app.include_router(chat)


@app.get("/")
def page(request: Request) -> HTMLResponse:
    """The chat, or the way to it."""
    name = "page.html" if "user_id" in request.session else "sign-in.html"
    text = (PAGES / name).read_text(encoding="utf-8")
    return HTMLResponse(text.replace("localhost:8080", CHAT), headers={"Content-Security-Policy": POLICY})


@app.post("/sign-in")
async def sign_in(request: Request) -> RedirectResponse:
    """In place of your own: it believes whatever it is told."""
    form = parse_qs((await request.body()).decode())
    request.session["user_id"] = int(form["user"][0])
    return RedirectResponse("/", status_code=303)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
