// A service that embeds the chat, with Express: `TALKROOM_TOKEN_SECRET=… node app.js`.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import express from "express";
import { chat } from "./chat-token.js";

const CHAT = process.env.CHAT_HOST ?? "localhost:8080";
const POLICY = `default-src 'self'; script-src http://${CHAT}; connect-src 'self' http://${CHAT} ws://${CHAT}`;

const sessions = new Map();
const app = express();

// In place of express-session or whatever you have.
app.use((request, response, next) => {
  let id = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  if (!sessions.has(id)) {
    id = randomUUID();
    sessions.set(id, {});
    response.cookie("session", id, { httpOnly: true, sameSite: "lax" });
  }
  request.session = sessions.get(id);
  next();
});

app.use(chat);

app.get("/", (request, response) => {
  const name = request.session.userId ? "page.html" : "sign-in.html";
  const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  response.set("Content-Security-Policy", POLICY).send(text.replaceAll("localhost:8080", CHAT));
});

// In place of your own: it believes whatever it is told.
app.post("/sign-in", express.urlencoded(), (request, response) => {
  request.session.userId = Number(request.body.user);
  response.redirect(303, "/");
});

const server = app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`Running on http://127.0.0.1:${server.address().port}`);
});
