"""How the page, the entries and their files are answered."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from talkroom.entrypoints.page import Page, PageSettings
from talkroom.entrypoints.web_files import WebFiles, read_web_files
from tests.unit.entrypoints.served import FILES, ask, serving, write_web

SETTINGS = PageSettings(stage="prod", development=True, text_characters_max=4000, version="1.2.3")
ANOTHER = "0123456789abcdef"
JAVASCRIPT = "text/javascript; charset=utf-8"
ENTRIES = ["/", "/talk-room.js", "/client.js"]


@pytest.fixture
def files(tmp_path: Path) -> WebFiles:
    """A small version of web/."""
    return read_web_files(write_web(tmp_path))


@pytest.fixture
async def port(files: WebFiles) -> AsyncIterator[int]:
    """Where it is served."""
    async with serving(Page(files, SETTINGS).routes()) as listening:
        yield listening


async def test_the_page_is_filled(port: int, files: WebFiles) -> None:
    """Its settings and its base."""
    response = await ask(port, "/")
    html = response.body.decode()
    content = re.search(r'content="([^"]*)"', html)

    assert (200, "text/html; charset=utf-8") == (response.status, response.headers["content-type"])
    assert content is not None
    assert {
        "stage": "prod",
        "development": True,
        "textCharactersMax": 4000,
        "version": "1.2.3",
    } == json.loads(unescape(content[1]))
    assert f'<script src="/web/{files.digest}/bundles/page.js">' in html
    assert "{{" not in html


async def test_a_setting_cannot_end_its_attribute(files: WebFiles) -> None:
    """Whatever it holds."""
    nasty = PageSettings(stage="\"'><script>", development=False, text_characters_max=1, version="&quot;")
    async with serving(Page(files, nasty).routes()) as port:
        html = (await ask(port, "/")).body.decode()
    content = re.search(r'<meta name="talkroom" content="([^"]*)">', html)

    assert content is not None
    assert ("\"'><script>", "&quot;") == (lambda read: (read["stage"], read["version"]))(
        json.loads(unescape(content[1]))
    )


async def test_the_page_runs_its_own_scripts_only(port: int) -> None:
    """No inline script, no other host, no frame around it, no string that becomes markup."""
    policy = (await ask(port, "/")).headers["content-security-policy"]
    directives = {name: value for name, _, value in (one.partition(" ") for one in policy.split("; "))}

    assert {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    } == directives


async def test_the_pages_other_headers(port: int) -> None:
    """Nothing of the page reaches another site."""
    headers = (await ask(port, "/")).headers

    assert "no-cache" == headers["cache-control"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "no-referrer" == headers["referrer-policy"]
    assert "same-origin" == headers["cross-origin-opener-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("bundles/page.js", JAVASCRIPT),
        ("bundles/page.css", "text/css; charset=utf-8"),
        ("page/icon.svg", "image/svg+xml"),
    ],
)
async def test_a_file_of_this_version(port: int, files: WebFiles, path: str, content_type: str) -> None:
    """As it is in the folder; any page may load it, and nobody asks again for a year."""
    response = await ask(port, f"/web/{files.digest}/{path}")

    assert (200, FILES[path].encode()) == (response.status, response.body)
    assert {
        "content-type": content_type,
        "cache-control": "public, max-age=31536000, immutable",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
        "vary": "Accept-Encoding",
    }.items() <= response.headers.items()


@pytest.mark.parametrize("name", ["talk-room.js", "client.js"])
async def test_a_bundle_at_an_address_that_stays(port: int, name: str) -> None:
    """For other people's pages: any may load it, and asks each time whether there is another."""
    response = await ask(port, f"/{name}")

    assert (200, FILES[f"bundles/{name}"].encode()) == (response.status, response.body)
    assert (JAVASCRIPT, "no-cache", "*", "cross-origin") == (
        response.headers["content-type"],
        response.headers["cache-control"],
        response.headers["access-control-allow-origin"],
        response.headers["cross-origin-resource-policy"],
    )


@pytest.mark.parametrize(
    ("accepted", "is_gzipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("deflate, gzip", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*;q=0", False),
        ("br", False),
        ("xgzip", False),
        ("", False),
    ],
)
async def test_compression_is_negotiated(port: int, accepted: str, is_gzipped: bool) -> None:
    """RFC 9110 section 12.5.3."""
    plain = await ask(port, "/")
    response = await ask(port, "/", {"Accept-Encoding": accepted})

    assert is_gzipped == (response.headers.get("content-encoding") == "gzip")
    assert plain.body == (gzip.decompress(response.body) if is_gzipped else response.body)
    assert "Accept-Encoding" == response.headers["vary"]


@pytest.mark.parametrize("path", ENTRIES)
@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_what_the_client_has_is_not_sent_again(port: int, path: str, encoding: str, form: str) -> None:
    """304, with what a cache needs to keep it."""
    headers = {"Accept-Encoding": encoding}
    first = await ask(port, path, headers)
    second = await ask(port, path, headers | {"If-None-Match": form.format(first.headers["etag"])})

    assert (304, b"") == (second.status, second.body)
    assert first.headers["etag"] == second.headers["etag"]
    assert ("no-cache", "Accept-Encoding") == (second.headers["cache-control"], second.headers["vary"])


@pytest.mark.parametrize("path", ENTRIES)
async def test_a_compressed_body_is_another_representation(port: int, path: str) -> None:
    """A cache that has one of them is not told that it has the other."""
    plain = await ask(port, path)
    compressed = await ask(port, path, {"Accept-Encoding": "gzip", "If-None-Match": plain.headers["etag"]})

    assert 200 == compressed.status
    assert plain.headers["etag"] != compressed.headers["etag"]


async def test_the_pages_etag_is_of_what_is_sent(files: WebFiles) -> None:
    """Another setting makes another page of the same files."""
    etags = set()
    for version in ("1", "2"):
        async with serving(Page(files, PageSettings("prod", True, 4000, version)).routes()) as port:
            etags.add((await ask(port, "/")).headers["etag"])

    assert 2 == len(etags)


async def test_a_file_of_another_version_leads_to_this_one(port: int, files: WebFiles) -> None:
    """Not for longer than this once; and from another origin too."""
    response = await ask(port, f"/web/{ANOTHER}/bundles/page.js")

    assert (307, f"../../{files.digest}/bundles/page.js") == (response.status, response.headers["location"])
    assert ("no-store", "*") == (response.headers["cache-control"], response.headers["access-control-allow-origin"])


@pytest.mark.parametrize(
    "path",
    [
        "/web/{digest}/bundles/missing.js",
        "/web/{digest}/page/index.html",
        "/web/{digest}/../bundles/page.js",
        "/web/{digest}/%2e%2e/%2e%2e/pyproject.toml",
        "/web/{digest}//etc/passwd",
        "/web/{digest}/bundles%2Fpage.js%00",
        "/web/{digest}/bundles",
        "/web/{digest}/",
        "/web/{digest}",
        "/web/",
        "/web",
        f"/web/{ANOTHER}/bundles/missing.js",
        "/web/short/bundles/page.js",
        "/web/@connections/bundles/page.js",
        "/bundles/page.js",
        "/index.html",
    ],
)
async def test_there_is_nothing_else(port: int, files: WebFiles, path: str) -> None:
    """Nothing is looked for outside of the table."""
    assert 404 == (await ask(port, path.format(digest=files.digest))).status


async def test_a_browser_that_wants_an_icon_gets_an_answer(port: int) -> None:
    """No error in its console."""
    assert 204 == (await ask(port, "/favicon.ico")).status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_changed(port: int, method: str) -> None:
    """405 says what can be done."""
    response = await ask(port, "/", {"Content-Length": "0"}, method=method)

    assert (405, "GET,HEAD") == (response.status, response.headers["allow"])
