/** The page at `/`: who are you and which room, then the chat. */

import { ChatClient } from "../client/index.js";
import { SafeStorage } from "../client/storage.js";
import { expiresAt, isSendable, principal } from "../client/token.js";
import { isRoomId } from "../client/wire.js";
import { Chat, part } from "./chat.js";
import { recall, remember, roomOf, roomsOf } from "./session.js";
import { languageOf, languages } from "./strings.js";

const meta = /** @type {HTMLMetaElement} */ (document.querySelector("[name=talkroom]"));
const { stage, development, textCharactersMax } = JSON.parse(meta.content);
const root = document.documentElement;
const settings = part("settings").elements;
const shared = new SafeStorage();
const own = new SafeStorage(sessionStorage);
/** @type {Record<string, string>} */
let strings = {};
/** Who I am: without a token, the development server is asked for one. @type {{user?: string, token?: string}} */
let me = recall(own, "me");
/** @type {ChatClient | undefined} */
let client;
/** @type {Chat | undefined} */
let chat;

/** Theme, language and the key that sends, as they are kept for all tabs. */
function applySettings() {
  for (const [name, value] of Object.entries(recall(shared, "settings")))
    if (settings[name]) settings[name].value = value;
  const { theme, lang, sendKey } = settings;
  root.style.colorScheme = theme.value;
  root.lang = languageOf(lang.value ? [lang.value] : navigator.languages);
  strings = languages[root.lang] ?? {};
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-text], [data-label]")
  )) {
    const { text, label = "" } = element.dataset;
    if (text) element.textContent = strings[text] ?? "";
    else Object.assign(element, { ariaLabel: strings[label], placeholder: strings[label] });
  }
  chat?.apply(strings, { lang: root.lang, sendKey: sendKey.value, maxlength: textCharactersMax });
}

/** Rejects with the name of a string. @param {string} user @returns {Promise<string>} */
async function developmentToken(user) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("/development/token", { method: "POST", headers, body: JSON.stringify({ user }) });
  if (!response.ok) throw new Error(response.status === 400 ? "badName" : "noAnswer");
  return (await response.json()).token;
}

/** Says what is wrong with a field, and goes there. @param {string} id @param {string} problem name of a string; "" for none */
function complain(id, problem) {
  part(id + "-error").textContent = problem && (strings[problem] ?? strings.noAnswer);
  part(id).ariaInvalid = `${!!problem}`;
  if (problem) part(id).focus();
  return problem;
}

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const [name, token, room] = ["name", "token", "room"].map((id) => part(id).value.trim());
  if (complain("room", isRoomId(room) ? "" : "badName")) return;
  if (development) {
    const asked = name ? developmentToken(name) : Promise.reject(new Error("badName"));
    const refusal = await asked.then(
      () => "",
      (error) => error.message,
    );
    if (!complain("name", refusal)) enter({ user: name }, room);
  } else {
    const user = isSendable(token) && expiresAt(token) > Date.now() ? principal(token)?.id : "";
    if (!user || (chat && user !== me.user)) complain("token", "badToken");
    else enter({ user, token }, room);
  }
}

/** @param {{user: string, token?: string}} person @param {string} room */
function enter(person, room) {
  const { user, token } = (me = person);
  const rooms = "rooms/" + user;
  remember(own, "me", me);
  remember(shared, "last", { user, room });
  part("token").value = "";
  complain("token", "");
  part("welcome").close();
  if (client) {
    if (token) client.token = token;
    return;
  }
  const url = `${location.origin}/${stage}`;
  client = new ChatClient(token ? { url, token } : { url, getToken: () => developmentToken(user) });
  chat = new Chat(client, (open) => remember(shared, rooms, { rooms: open }));
  applySettings();
  part("rooms").inert = part("conversation").hidden = false;
  part("me").textContent = user;
  for (const other of roomsOf(recall(shared, rooms))) chat.open(other);
  chat.show(room);
  client.connect();
}

/** iOS lays its keyboard over the page: then the page ends where the keyboard begins. */
function fit() {
  const { scale, height, offsetTop } = /** @type {VisualViewport} */ (visualViewport);
  const covered = scale === 1 && innerHeight - height > 1;
  root.style.setProperty("--top", covered ? `${offsetTop}px` : "");
  root.style.setProperty("--height", covered ? `${height}px` : "");
}

part("sign-in").onsubmit = signIn;
part("again").onclick = () => {
  if (development) return client?.retry();
  part("room").parentNode.hidden = true;
  part("welcome").showModal();
};
part("sign-out").onclick = () => {
  client?.close();
  own.remove("talkroom.me");
  location.reload();
};
part("room-list").onclick = () => part("rooms").hidePopover();
part("add").onsubmit = (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const field = part("new-room");
  const room = field.value.trim();
  field.setCustomValidity(isRoomId(room) ? "" : strings.badName);
  if (!field.reportValidity()) return;
  field.value = "";
  part("rooms").hidePopover();
  chat?.show(room);
};
part("new-room").oninput = () => part("new-room").setCustomValidity("");
part("skip").onclick = (/** @type {Event} */ event) => {
  event.preventDefault();
  chat?.focus();
};
part("settings").onchange = () => {
  remember(shared, "settings", Object.fromEntries(new FormData(part("settings"))));
  applySettings();
};
addEventListener("storage", applySettings);
addEventListener("hashchange", () => {
  const room = roomOf(location.hash);
  if (room) chat?.show(room);
});
matchMedia("(width < 760px)").onchange = () => part("rooms").hidePopover();
visualViewport?.addEventListener("resize", fit);
visualViewport?.addEventListener("scroll", fit);

applySettings();
const last = recall(shared, "last");
const room = roomOf(location.hash) || last.room || "lobby";
part("name").value = last.user ?? "";
part("room").value = room;
part("name").parentNode.hidden = !development;
part("token").parentNode.hidden = development;
if (me.user && (me.token || development)) enter(/** @type {any} */ (me), room);
else part("welcome").show();
