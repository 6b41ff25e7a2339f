"""Make the README's pictures: `make screenshots`.

A server with a fresh database, a conversation of three people written into its log with fixed times, and Chromium with a fixed
clock, time zone and fonts. Fonts are the system's: Inter and Noto Sans CJK, so that Japanese is not boxes
(on Debian and Ubuntu: apt-get install fonts-inter fonts-noto-cjk).
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, Page, Route, async_playwright
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from talkroom.auth.issue import TokenIssuer
from talkroom.bootstrap import open_log
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.config import Config

ROOT: Final = Path(__file__).parents[1]
IMAGES: Final = ROOT / "docs" / "images"
BYTES_MAX: Final = 200_000
"""Of one picture: they are in the repository for ever."""
ZONE: Final = ZoneInfo("Asia/Tokyo")
NOW: Final = datetime(2026, 11, 24, 10, 42, tzinfo=ZONE)
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    # The page of the embedding site is made up by the browser's driver, and so counts as one from far away.
    "--disable-features=LocalNetworkAccessChecks",
)
FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <match target="pattern"><edit name="family" mode="append_last"><string>Noto Sans CJK JP</string></edit></match>
  {aliases}
</fontconfig>
"""
ALIAS: Final = """<alias binding="same">
    <family>{}</family>
    <prefer><family>Inter</family><family>Noto Sans CJK JP</family></prefer>
  </alias>"""

Line = tuple[str, str, int, str]
"""Who (id and name), how many minutes before now, and what."""

ENGLISH: Final[Sequence[Line]] = (
    ("mika", "Mika", 1180, "The venue confirmed: 60 seats, and the projector is included."),
    ("tom", "Tom", 1174, "That was quick, thank you! Shall I book the train for all of us?"),
    ("mika", "Mika", 1171, "Yes please. Aiko joins us in Nagoya."),
    ("aiko", "Aiko", 62, "Good morning! First draft of the slides: https://slides.example.com/autumn"),
    ("aiko", "Aiko", 61, "Numbers for the third quarter are still missing on page 8."),
    ("tom", "Tom", 34, "I have them. Up 12 %, and support answers within 4 minutes now."),
    ("mika", "Mika", 31, "Wonderful, that belongs on page 1."),
    ("aiko", "Aiko", 30, "Done. Could somebody read it once before noon?"),
    ("mika", "Mika", 12, "I’ll do it right after stand-up."),
    ("tom", "Tom", 3, "Train is booked: 9:03, car 6. Tickets are in your mail."),
    ("aiko", "Aiko", 2, "See you on the platform then!"),
)
JAPANESE: Final[Sequence[Line]] = (
    ("mika", "美香", 1180, "会場が決まりました。60席で、プロジェクターも使えます。"),
    ("tom", "友也", 1174, "早いですね、ありがとうございます！新幹線は3人分予約しますか？"),
    ("mika", "美香", 1171, "お願いします。愛子さんは名古屋から合流です。"),
    ("aiko", "愛子", 62, "おはようございます。資料の初稿です https://slides.example.com/autumn"),
    ("aiko", "愛子", 61, "8ページの第3四半期の数字がまだ入っていません。"),
    ("tom", "友也", 34, "手元にあります。前年比12%増、問い合わせへの返信は平均4分になりました。"),
    ("mika", "美香", 31, "すばらしい。1ページ目に載せましょう。"),
    ("aiko", "愛子", 30, "載せました。お昼までに誰か一度読んでもらえますか？"),
    ("mika", "美香", 12, "朝会のあとすぐ見ます。"),
    ("tom", "友也", 3, "予約できました。9時3分発、6号車です。"),
    ("aiko", "愛子", 2, "では、ホームで会いましょう。"),
)
ROOMS: Final = {"autumn-tour": ENGLISH, "秋の説明会": JAPANESE}


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    user: str
    room: str
    options: Mapping[str, Any]
    embedded: bool = False


DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US"}
PHONE: Final = {
    "viewport": {"width": 390, "height": 844},
    "locale": "ja-JP",
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
SHOTS: Final = (
    Shot("light", "Mika", "autumn-tour", {**DESKTOP, "color_scheme": "light"}),
    Shot("dark", "Mika", "autumn-tour", {**DESKTOP, "color_scheme": "dark"}),
    Shot("phone-ja", "美香", "秋の説明会", {**PHONE, "color_scheme": "light"}),
    Shot("themed", "Mika", "autumn-tour", {**DESKTOP, "color_scheme": "light"}, embedded=True),
)


async def seed(database: Path) -> None:
    """Write the conversations into a log that is not there yet, each message at its time."""
    at_ms = 0
    log = await open_log(Config(database=database), lambda: at_ms)
    try:
        for room, lines in ROOMS.items():
            for number, (sender, name, minutes, text) in enumerate(lines):
                at_ms = round((NOW - timedelta(minutes=minutes)).timestamp() * 1000)
                draft = Draft(room=RoomId(room), sender=sender, name=name, id=f"{number}", text=text, sent_at_ms=at_ms)
                await log.append(draft)
    finally:
        await log.close()


@asynccontextmanager
async def a_server(database: Path) -> AsyncIterator[int]:
    """`talkroom serve` with its development secret, in the database's folder; its port."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKROOM_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "talkroom.entrypoints.cli", "serve", "--port", "0", "--database", str(database)),
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        found = re.search(r"https?://[^ ]+:(\d+)", (await process.stdout.readline()).decode())
        if found is None:
            raise SystemExit("the server did not start: try `make run`")
        yield int(found[1])
    finally:
        process.terminate()
        await process.communicate()


def sign(secret: str, user: str, name: str) -> str:
    """A token for every room, from now on."""
    now_ms = round(datetime.now(ZONE).timestamp() * 1000)
    return TokenIssuer(secret).issue(user, now_ms=now_ms, name=name, rooms=["*"])


@asynccontextmanager
async def the_others(port: int, secret: str) -> AsyncIterator[None]:
    """Tom and Aiko are there too, in both rooms."""
    async with AsyncExitStack() as stack:
        for user in ("tom", "aiko"):
            offers = [Subprotocol("talkroom.v1"), Subprotocol(sign(secret, user, user))]
            client = await stack.enter_async_context(connect(f"ws://127.0.0.1:{port}/prod", subprotocols=offers))
            for room in ROOMS:
                await client.send(json.dumps({"action": "join", "data": {"roomId": room}}))
                await client.recv()
        yield


async def open_page(page: Page, shot: Shot, port: int, secret: str) -> None:
    """The product's page, signed in as the one whose messages are in the log."""

    async def answer(route: Route) -> None:
        await route.fulfill(json={"token": sign(secret, "mika", shot.user)})

    await page.route("**/development/token", answer)
    await page.goto(f"http://127.0.0.1:{port}/")
    await page.locator("#name").fill(shot.user)
    await page.locator("#room").fill(shot.room)
    await page.locator("#sign-in button").click()


async def open_embedded(page: Page, shot: Shot, port: int, secret: str) -> None:
    """Somebody's page with the embedding how-to's colours."""
    styles = next(
        block
        for block in re.findall(r"```css\n(.*?)```", (ROOT / "docs/howto/embed-the-chat.md").read_text(), re.DOTALL)
        if "--talkroom-accent" in block
    )
    token = sign(secret, "mika", shot.user)
    html = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Plans</title><link rel="icon" href="data:,">
<style>{styles}
body {{ margin: 0; padding: 40px 64px; background: #f6e7e2; color: #4a1026; font-family: system-ui, sans-serif; }}
h1 {{ margin: 0 0 4px; font-size: 30px; letter-spacing: -0.02em; }} p {{ margin: 0 0 20px; color: #7d4a5b; }}
talk-room {{ height: 600px; border-radius: 24px; overflow: hidden; box-shadow: 0 12px 40px #b4235a26; }}</style>
<h1>Autumn tour</h1><p>Three cities, one conversation.</p>
<script type="module" src="/talk-room.js"></script>
<talk-room url="ws://127.0.0.1:{port}/prod" room="{shot.room}" token="{token}"></talk-room></html>"""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    await page.route("**/plans", answer)
    await page.goto(f"http://127.0.0.1:{port}/plans")


async def take(browser: Browser, shot: Shot, port: int, secret: str) -> None:
    """Open it, wait until nothing moves, and write the picture."""
    context = await browser.new_context(**shot.options, timezone_id="Asia/Tokyo", reduced_motion="reduce")
    try:
        page = await context.new_page()
        await page.clock.set_fixed_time(NOW)
        if shot.embedded:
            await open_embedded(page, shot, port, secret)
        else:
            await open_page(page, shot, port, secret)
        await page.locator('talk-room:visible [part~="message"]').last.wait_for()
        await page.locator('talk-room:visible [part~="banner"]').wait_for(state="hidden")
        await page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 500)))")
        file = IMAGES / f"{shot.name}.png"
        await page.screenshot(path=file, animations="disabled", caret="hide")
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")
        if file.stat().st_size > BYTES_MAX:
            raise SystemExit(f"{file.name} has over {BYTES_MAX:,} bytes: show less, or scale it down")
    finally:
        await context.close()


def write_fonts(folder: Path) -> Path:
    """A configuration in which the system's fonts are Inter and Noto Sans CJK, whatever else is installed."""
    listed = subprocess.run(
        ["/usr/bin/env", "fc-list", ":", "family"], capture_output=True, text=True, check=True
    ).stdout
    if "Noto Sans CJK JP" not in listed or "Inter" not in listed:
        raise SystemExit("fonts are missing: apt-get install fonts-inter fonts-noto-cjk")
    aliases = "\n  ".join(ALIAS.format(family) for family in ("sans-serif", "system-ui", "ui-sans-serif"))
    file = folder / "fonts.conf"
    file.write_text(FONTS.format(cache=folder / "fonts", aliases=aliases), encoding="utf-8")
    return file


async def main() -> None:
    """All of them."""
    program = next(
        (one for name in ("chromium", "chromium-browser", "google-chrome") if (one := shutil.which(name))), None
    )
    if program is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fonts = write_fonts(folder)
        await seed(folder / "talkroom.db")
        async with a_server(folder / "talkroom.db") as port, async_playwright() as playwright:
            secret = (folder / "development-secret").read_text().strip()
            browser = await playwright.chromium.launch(
                executable_path=program, args=list(FLAGS), env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
            )
            async with the_others(port, secret):
                for shot in SHOTS:
                    await take(browser, shot, port, secret)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
