"""A `<talk-room>` as somebody sees it and uses it, wherever it is embedded."""

from typing import Any, cast

from playwright.async_api import Locator, expect

PATIENCE_MS = 20_000
"""How long to wait for what must come: the machine may be busy."""
STEADY_FRAMES = 5
"""What holds for so many frames in a row has come to stay."""


class Conversation:
    """One element. Parts are found by the names that its documentation promises, never by its inner structure."""

    def __init__(self, element: Locator) -> None:
        self.element = element

    def part(self, name: str) -> Locator:
        """Everything that is exposed as `::part(name)`."""
        return self.element.locator(f'[part~="{name}"]')

    @property
    def log(self) -> Locator:
        """The list of messages, which scrolls."""
        return self.part("list")

    @property
    def messages(self) -> Locator:
        """Stored and outgoing ones, in the order in which they are shown."""
        return self.part("message")

    @property
    def texts(self) -> Locator:
        """Of the messages."""
        return self.part("text")

    @property
    def input(self) -> Locator:
        """Where one writes."""
        return self.part("input")

    @property
    def send_button(self) -> Locator:
        """Sends what is written."""
        return self.part("send")

    @property
    def banner(self) -> Locator:
        """Says why nothing comes or goes."""
        return self.part("banner")

    @property
    def pill(self) -> Locator:
        """Says that there is something new below, and leads there."""
        return self.part("pill")

    def stored(self, sequence: int) -> Locator:
        """The message with that number."""
        return self.element.locator(f'[part~="message"][data-sequence="{sequence}"]')

    @property
    def unsent(self) -> Locator:
        """Messages that the server has not acknowledged."""
        return self.element.locator('[part~="message"][data-id]')

    async def say(self, text: str) -> None:
        """Write it as on a keyboard with one paste, and press Enter."""
        await self.input.fill(text)
        await self.input.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Wait until exactly these messages are shown, in this order."""
        await expect(self.texts).to_have_text(list(texts), use_inner_text=False)

    async def sees_last(self, text: str) -> None:
        """Wait until this is the last message."""
        await expect(self.texts.last).to_have_text(text)

    async def is_quiet(self) -> None:
        """Wait until every message has been sent, and the connection is up."""
        await expect(self.unsent).to_have_count(0)
        await expect(self.banner.filter(visible=True)).to_have_count(0)

    async def property(self, name: str) -> Any:
        """Of the element, as JavaScript has it."""
        return await self.element.evaluate("(element, name) => element[name]", name)

    async def connected(self) -> None:
        """Wait until the client says that the connection is open."""
        await expect(self.element).to_have_js_property("state", {"name": "open"})

    async def is_at_end(self) -> None:
        """Wait until the list is scrolled to its end, and see that it stays there for some frames."""
        await self._until("() => list.scrollHeight - list.clientHeight - list.scrollTop < 2")

    async def shows_at(self, sequence: int, top_px: float, tolerance_px: float) -> None:
        """Wait until a message begins there, from the top of the list, and see that it stays there for some frames."""
        await self._until(f"() => Math.abs(topOf({sequence}) - {top_px}) <= {tolerance_px}")

    async def top_px(self, sequence: int) -> float:
        """Where a message begins, from the top of the list."""
        return cast(
            float,
            await self.log.evaluate(
                """(list, sequence) => {
                  const row = list.querySelector(`[data-sequence="${sequence}"]`);
                  return row.getBoundingClientRect().top - list.getBoundingClientRect().top;
                }""",
                sequence,
            ),
        )

    async def sequences_in_view(self) -> list[int]:
        """Of the messages of which something can be seen, from the top."""
        return cast(
            list[int],
            await self.log.evaluate(
                """(list) => {
                  const frame = list.getBoundingClientRect();
                  return [...list.querySelectorAll("[data-sequence]")]
                    .filter((row) => {
                      const { top, bottom } = row.getBoundingClientRect();
                      return bottom > frame.top + 1 && top < frame.bottom - 1;
                    })
                    .map((row) => Number(row.dataset.sequence));
                }"""
            ),
        )

    async def wheel(self, dy_px: float) -> None:
        """Turn the wheel over the list; negative is up. Returns when the list has been scrolled and drawn."""
        await self.log.hover()
        scrolled = await self.log.evaluate_handle(
            """(list) => ({
              scrolled: new Promise((resolve) => list.addEventListener("scroll", resolve, { once: true }))
                .then(() => new Promise(requestAnimationFrame)),
            })"""
        )
        await self.element.page.mouse.wheel(0, dy_px)
        await scrolled.evaluate("({ scrolled }) => scrolled")

    async def scroll_back(self, px: float) -> None:
        """With the wheel, some turns of it."""
        for _ in range(5):
            await self.wheel(-px / 5)

    async def scroll_to_beginning(self) -> None:
        """Hold the scroll bar's thumb at the top until the first message is there."""
        await self.log.evaluate(
            """async (list) => {
              while (list.querySelector("[data-sequence='1']") === null || list.scrollTop > 0) {
                list.scrollTop = 0;
                await new Promise(requestAnimationFrame);
              }
            }"""
        )

    async def _until(self, condition: str) -> None:
        """Wait until it holds in five frames in a row. Fails with what was seen last."""
        problem = await self.log.evaluate(
            """async (list, [patience, frames]) => {
              const topOf = (sequence) => {
                const row = list.querySelector(`[data-sequence="${sequence}"]`);
                return row ? row.getBoundingClientRect().top - list.getBoundingClientRect().top : NaN;
              };
              const holds = CONDITION;
              const start = performance.now();
              for (let held = 0; held < frames; held = holds() ? held + 1 : 0) {
                await new Promise(requestAnimationFrame);
                if (performance.now() - start > patience) {
                  const tops = [...list.querySelectorAll("[data-sequence]")].slice(0, 5).map((row) =>
                    [row.dataset.sequence, row.getBoundingClientRect().top - list.getBoundingClientRect().top]);
                  return `scrollTop ${list.scrollTop} of ${list.scrollHeight} - ${list.clientHeight}, rows ${JSON.stringify(tops)}`;
                }
              }
              return "";
            }""".replace("CONDITION", condition),
            [PATIENCE_MS, STEADY_FRAMES],
        )
        assert "" == problem, f"never {condition}: {problem}"
