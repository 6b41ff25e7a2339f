// A page in a real browser that chats: `node chat.mjs <browser> <page> <url> <token> <room>`.
//
// It prints one JSON object a line: what happens on the page's WebSocket. Its standard input is one command a line, which the page
// sends as it is; at its end the page closes its connection.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../node/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const [executablePath, page, url, token, room] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const tab = await browser.newPage();
  await tab.exposeFunction("print", (event) => console.log(JSON.stringify(event)));
  await tab.goto(page);
  const closed = tab.evaluate(
    ({ url, protocols }) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, protocols);
        globalThis.socket = socket;
        socket.onopen = () => print({ event: "open", protocol: socket.protocol, extensions: socket.extensions });
        socket.onmessage = ({ data }) => print({ event: "message", data });
        socket.onclose = ({ code, reason, wasClean }) => resolve({ event: "close", code, reason, wasClean });
      }),
    { url, protocols: ["talkroom.v1", token, ...(room ? [encodeURIComponent(room)] : [])] },
  );
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => tab.evaluate((text) => socket.send(text), line));
  lines.on("close", () => tab.evaluate(() => socket.close(1000, "done")).catch(() => {}));
  console.log(JSON.stringify(await closed));
  lines.close();
} finally {
  await browser.close();
}
