"""The harness itself: a page that misbehaves must not pass unnoticed."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.browser.embedding import EmbeddingSite
from tests.browser.person import People

PATIENCE_S = 20
MISDEEDS = {
    "an error on the console": ("console.error('oops')", "console: oops"),
    "an exception": ("setTimeout(() => { throw new Error('thrown') })", "page: thrown"),
    "a rejection": ("setTimeout(() => Promise.reject(new Error('rejected')))", "page: rejected"),
    "a dialog": ("setTimeout(() => alert('hello'))", "dialog: alert hello"),
    "a request to a stranger": (
        "void fetch('http://localhost:9/', {mode: 'no-cors'})",
        "stranger: http://localhost:9/",
    ),
    "a socket to a stranger": ("void new WebSocket('ws://localhost:9/')", "stranger: ws://localhost:9/"),
    "a violation of the policy": ("document.body.setAttribute('style', 'color: red')", "violates style-src-attr"),
    "markup from text": ("setTimeout(() => { document.body.innerHTML = '<b>' })", "violates require-trusted-types-for"),
    "a file that is not there": ("void fetch('/nowhere')", "status of 404"),
    "a server that is not there": ("void fetch('http://localhost:9/')", "request: GET http://localhost:9/ net::"),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
async def test_a_misdeed_is_a_complaint(browser: Browser, misdeed: str) -> None:
    """A complaint that nobody expects fails the test; one that is expected does not."""
    script, complaint = MISDEEDS[misdeed]
    # The policy lets the page try, so that the harness has to notice.
    async with EmbeddingSite("ws://localhost:9/prod", str) as site:
        people = People(browser, site.origin)
        alice = await people.meet()
        await alice.open(site.bare_page)
        await alice.page.evaluate(script)
        await asyncio.wait_for(alice.complaints.hear(complaint), PATIENCE_S)

        with pytest.raises(AssertionError, match="pages complained"):
            await people.__aexit__(None, None, None)


async def test_an_expected_misdeed_is_none(browser: Browser) -> None:
    """Whether it was said before or after."""
    async with EmbeddingSite("ws://127.0.0.1:9/prod", str) as site, People(browser, site.origin) as people:
        alice = await people.meet()
        await alice.open(site.bare_page)
        await alice.page.evaluate("console.error('oops')")
        await asyncio.wait_for(alice.complaints.hear("oops"), PATIENCE_S)
        alice.complaints.expect("oops")
        await alice.page.evaluate("console.error('oops')")

        assert [] == alice.complaints.heard
