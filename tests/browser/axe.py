"""What axe-core, the accessibility engine of Deque, finds on a page and in its open shadow roots."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[1] / "web" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


async def violations(page: Page, context: str = "document") -> list[str]:
    """One line each: how bad it is, the rule, and where. Nothing of what the page shows changes, but animations end."""
    assert AXE.exists(), "axe-core is missing: run `make test`, or `npm ci --prefix tests/web/node`"
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(AXE.read_text() + "\n;void 0")
    found: list[dict[str, Any]] = await page.evaluate(
        """async ([context, rules]) => {
          // What is fading in has too little contrast, for a moment.
          const roots = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ?? [])];
          for (const animation of roots.flatMap((root) => root.getAnimations())) {
            if (animation.effect.getComputedTiming().endTime < Infinity) animation.finish();
          }
          const target = context === "document" ? document : context;
          const { violations } = await axe.run(target, { runOnly: rules, resultTypes: ["violations"] });
          return violations.map(({ id, impact, help, nodes }) => ({
            id, impact, help, nodes: nodes.map(({ target, failureSummary }) => `${target.flat()} (${failureSummary})`),
          }));
        }""",
        [context, list(RULES)],
    )
    return [f"{one['impact']} {one['id']}: {one['help']} at {one['nodes'][:3]}" for one in found]
