"""The files of `web/` that browsers are sent, read once when the server starts.

They are the bundles that `make web` makes of the modules beside them, the page's HTML and its icon: one request for each thing that
a page wants. All of them together have one digest, which is a part of the addresses that the page names. So such an address never
changes its content and may be cached for ever, and a new version is all new addresses.

Only what is in the table that `read_web_files` makes can be asked for, so no path of a request ever reaches the file system.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import talkroom
from talkroom.settings import ConfigError

TEMPLATE: Final = "page/index.html"
CLIENT: Final = "bundles/client.js"
ELEMENT: Final = "bundles/talk-room.js"
TYPES: Final[Mapping[str, str]] = {
    CLIENT: "text/javascript; charset=utf-8",
    ELEMENT: "text/javascript; charset=utf-8",
    "bundles/page.js": "text/javascript; charset=utf-8",
    "bundles/page.css": "text/css; charset=utf-8",
    "page/icon.svg": "image/svg+xml",
}
"""What is served, and its content type; by path in `web/`."""

DIGEST_CHARACTERS: Final = 16
"""Hexadecimal: 64 bits tell versions apart, and nobody has to trust them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A body that is served as it is, or compressed when the client takes that."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str
    """Without quotes, of `body`; the compressed one is another representation and has another ETag (RFC 9110 section 8.8.3)."""


def make_asset(body: bytes, content_type: str) -> Asset:
    """The same bytes give the same asset in every process: the compressed form holds no time (RFC 1952 section 2.3.1)."""
    return Asset(body, gzip.compress(body, 9, mtime=0), content_type, sha256(body).hexdigest()[:DIGEST_CHARACTERS])


@dataclass(frozen=True, slots=True)
class WebFiles:
    """One version of `web/`."""

    digest: str
    """Of all names and contents: `DIGEST_CHARACTERS` hexadecimal digits."""
    assets: Mapping[str, Asset]
    """By path, as in TYPES."""
    template: str
    """The page's HTML, with its placeholders."""


def find_web_folder() -> Traversable:
    """In an installed package `talkroom/web`; in a checkout, which is installed in place, `web` beside `src`.

    Raises ConfigError.
    """
    packaged = files(talkroom) / "web"
    if packaged.is_dir():
        return packaged
    checkout = Path(talkroom.__file__).parents[2] / "web"
    if checkout.is_dir():
        return checkout
    raise ConfigError(
        f"the files of the chat page are neither in {packaged} nor in {checkout}: install Talkroom again, or start with --page off"
    )


def read_web_files(folder: Traversable) -> WebFiles:
    """Read, compress and digest all of it. Raises ConfigError when a part is missing or cannot be read."""
    paths = sorted([TEMPLATE, *TYPES])
    missing = [path for path in paths if not (folder / path).is_file()]
    if missing:
        raise ConfigError(
            f"{folder} lacks {', '.join(missing)} of the chat page: install Talkroom again, or start with --page off"
        )
    try:
        contents = {path: (folder / path).read_bytes() for path in paths}
    except OSError as error:
        raise ConfigError(f"the files of the chat page cannot be read: {error}; or start with --page off") from error
    digest = sha256()
    for path, content in contents.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    assets = {path: make_asset(contents[path], content_type) for path, content_type in TYPES.items()}
    return WebFiles(digest.hexdigest()[:DIGEST_CHARACTERS], assets, contents[TEMPLATE].decode())
