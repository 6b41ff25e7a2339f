// A chat token for whoever is signed in: `app.use(chat)`, behind the middleware that makes `request.session`.
import { Router } from "express";
import jwt from "jsonwebtoken";
import { findUser } from "./users.js";

const SECRET = process.env.TALKROOM_TOKEN_SECRET;

export const chat = Router();

chat.post("/chat-token", (request, response) => {
  // Who it is for comes from the session, never from the request.
  const user = findUser(request.session.userId);
  if (!user) return response.sendStatus(401);
  const token = jwt.sign({ name: user.name.slice(0, 64), rooms: user.rooms }, SECRET, {
    algorithm: "HS256",
    subject: String(user.id),
    audience: "talkroom",
    expiresIn: "1h",
  });
  response.set("Cache-Control", "no-store").json({ token });
});
