"""The chat page at `/`, the element and the client that other pages embed, and their headers.

| address | what | cached |
| --- | --- | --- |
| `/` | the page | asked for each time, 304 when it is the same |
| `/talk-room.js`, `/client.js` | the bundles, at addresses that stay | so too |
| `/web/<digest>/…` | the page's own files | for a year |
| `/web/<another digest>/…` | 307 to the same file of this version | never |

The last row is for pages that were loaded just before an upgrade. Nothing there imports anything, so half of a version never meets
half of another.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from aiohttp import web

from talkroom.entrypoints.web_files import CLIENT, DIGEST_CHARACTERS, ELEMENT, Asset, WebFiles, make_asset

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        # It covers ws: and wss: of the same host and port (CSP 3 section 6.7.2.8): Chrome 71, Firefox 48, Safari 16 and newer.
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)

PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

SHARED_HEADERS: Final[Mapping[str, str]] = {
    # Any page may embed these: they are the same for everybody, and a browser sends no cookie for `*`.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
ENTRY_HEADERS: Final = {**SHARED_HEADERS, "Cache-Control": "no-cache"}
ASSET_HEADERS: Final = {**SHARED_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
UNCACHED_HEADERS: Final = {**SHARED_HEADERS, "Cache-Control": "no-store"}

_DIGEST: Final = f"[0-9a-f]{{{DIGEST_CHARACTERS}}}"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the page has to know of the server."""

    stage: str
    development: bool
    """Whether the server signs tokens for whoever asks."""
    text_characters_max: int
    version: str

    def to_json(self) -> str:
        """As the page reads it."""
        return json.dumps(
            {
                "stage": self.stage,
                "development": self.development,
                "textCharactersMax": self.text_characters_max,
                "version": self.version,
            }
        )


class Page:
    """Answers for one version of `web/`."""

    def __init__(self, files: WebFiles, settings: PageSettings) -> None:
        self._files = files
        self._index = make_asset(_fill(files, settings).encode(), "text/html; charset=utf-8")

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application. None can be a stage's path, which has one segment and no dot."""
        return [
            web.get("/", self._answer_index),
            web.get("/talk-room.js", self._answer_element),
            web.get("/client.js", self._answer_client),
            web.get(f"/web/{{digest:{_DIGEST}}}/{{path:.+}}", self._answer_asset),
            web.get("/favicon.ico", _answer_favicon),
        ]

    async def _answer_index(self, request: web.Request) -> web.Response:
        return _answer(request, self._index, PAGE_HEADERS)

    async def _answer_element(self, request: web.Request) -> web.Response:
        return _answer(request, self._files.assets[ELEMENT], ENTRY_HEADERS)

    async def _answer_client(self, request: web.Request) -> web.Response:
        return _answer(request, self._files.assets[CLIENT], ENTRY_HEADERS)

    async def _answer_asset(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        asset = self._files.assets.get(path)
        if asset is None:
            return web.Response(status=404, text="There is no such file.", headers=UNCACHED_HEADERS)
        if request.match_info["digest"] == self._files.digest:
            return _answer(request, asset, ASSET_HEADERS)
        # Relative, so that it also holds behind a proxy that serves all this below a path of its own.
        location = "../" * (path.count("/") + 1) + f"{self._files.digest}/{path}"
        return web.Response(status=307, headers={**UNCACHED_HEADERS, "Location": location})


def _fill(files: WebFiles, settings: PageSettings) -> str:
    """The page's HTML."""
    return files.template.replace("{{base}}", f"/web/{files.digest}").replace(
        "{{settings}}", escape(settings.to_json())
    )


def _answer(request: web.Request, asset: Asset, headers: Mapping[str, str]) -> web.Response:
    """The asset, compressed when the client takes that; or 304 when the client has it."""
    is_gzipped = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    etag = asset.etag + ("-gzip" if is_gzipped else "")
    always = {**headers, "Vary": "Accept-Encoding", "ETag": f'"{etag}"'}
    # A proxy that compresses by itself weakens ETags, so weak ones count too (RFC 9110 section 13.1.2).
    known = {one.value for one in request.if_none_match or ()}
    if etag in known or "*" in known:
        return web.Response(status=304, headers=always)
    if is_gzipped:
        always["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.gzipped if is_gzipped else asset.body, headers={**always, "Content-Type": asset.content_type}
    )


def _takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` names gzip, or all, and does not give it the weight zero (RFC 9110 section 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameters) is None
    return weights.get("gzip", weights.get("*", False))


async def _answer_favicon(_request: web.Request) -> web.Response:
    """Browsers ask for it on every page, and other pages of this host name no icon: nothing, and it may be kept for a day."""
    return web.Response(status=204, headers={"Cache-Control": "public, max-age=86400"})
