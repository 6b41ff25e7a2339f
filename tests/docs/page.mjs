// Opens a page in Chromium, types into its form and waits until it shows some texts, in this order, and no others.
// Usage: node page.mjs <node_modules> <chromium> <url> <what to type> <text>...
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, executablePath, url, typed, ...texts] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll("#messages li").length > 0);
  await page.fill("#text", typed);
  await page.press("#text", "Enter");
  const shown = (expected) => {
    const items = [...document.querySelectorAll("#messages li")].map((item) => item.textContent);
    return JSON.stringify(items) === JSON.stringify(expected);
  };
  await page.waitForFunction(shown, texts);
  console.log(JSON.stringify(problems));
} finally {
  await browser.close();
}
