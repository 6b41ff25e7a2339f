"""Say one thing in the lobby and listen: python client.py alice hello"""

import asyncio
import json
import os
import sys
import uuid

import aiohttp
from websockets.asyncio.client import connect

CHAT = os.environ.get("CHAT_URL", "ws://localhost:8080/prod")
BACKEND = os.environ.get("BACKEND_URL", "http://localhost:8000")


async def main(user: str, text: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{BACKEND}/token", params={"user": user}) as response:
        token = (await response.json())["token"]

    async with connect(CHAT, subprotocols=["talkroom.v1", token]) as socket:
        await socket.send(json.dumps({"action": "join", "ref": "join", "data": {"roomId": "lobby"}}))
        said = {"roomId": "lobby", "message": text, "id": str(uuid.uuid4())}
        await socket.send(json.dumps({"action": "sendmessage", "ref": "said", "data": said}))
        following, waiting = 0, {}
        async for received in socket:
            frames = json.loads(received)
            for frame in frames if isinstance(frames, list) else [frames]:
                match frame:
                    case {"type": "reply", "ref": "join", "data": data}:
                        following = data["lastSequence"] + 1
                    case {"type": "message"}:
                        waiting[frame["sequence"]] = frame
                    case {"type": "error"}:
                        print("error:", frame["name"], frame["detail"])
            while following and (message := waiting.pop(following, None)):
                print(message["sequence"], message["name"], message["message"], flush=True)
                following += 1


asyncio.run(main(*sys.argv[1:]))
