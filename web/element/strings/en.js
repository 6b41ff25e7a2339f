/**
 * English, and the list of what a language has to say: another language is a file like this one.
 *
 * Functions take what varies; everything returns text, never markup.
 */
export const en = {
  messages: "Messages",
  empty: "No messages yet. Say hello!",
  loading: "Loading messages…",
  loadingOlder: "Loading earlier messages…",
  beginning: "This is where the conversation begins.",
  missing: "Some messages are no longer kept.",
  restarted: "The conversation was restarted. Earlier messages may be missing.",
  today: "Today",
  yesterday: "Yesterday",
  unread: "New messages",
  /** @param {number} count */
  pill: (count) => (count === 1 ? "1 new message" : `${count} new messages`),
  latest: "Jump to latest",
  you: "You",
  /** @param {string} name @param {string} text */
  announced: (name, text) => `${name}: ${text}`,
  /** @param {number} count */
  announcedMany: (count) => `${count} new messages`,

  input: "Message",
  placeholder: "Write a message",
  send: "Send",
  hintEnter: "Enter to send, Shift+Enter for a new line",
  /** @param {string} key */
  hintModifier: (key) => `${key}+Enter to send`,
  /** @param {number} count */
  left: (count) => (count === 1 ? "1 character left" : `${count} characters left`),
  /** @param {number} count */
  over: (count) => (count === 1 ? "1 character too many" : `${count} characters too many`),

  queued: "Waiting to be sent",
  sending: "Sending…",
  failed: "Not sent",
  retry: "Try again",
  discard: "Delete",

  connecting: "Connecting…",
  offline: "You are offline. Messages are sent when you are back.",
  /** @param {number} seconds */
  waiting: (seconds) => (seconds > 0 ? `No connection. Trying again in ${seconds} s.` : "No connection. Trying again…"),
  now: "Try now",
  closed: "The conversation is closed.",

  /** Why the server refuses, by name of the reason or error. @type {Record<string, string>} */
  refused: {
    tokenExpired: "Your sign-in has expired. Please sign in again.",
    invalidToken: "Your sign-in is not accepted here. Please sign in again.",
    originNotAllowed: "This page may not use the chat server.",
    noToken: "You could not be signed in to the chat.",
    unavailable: "The chat server takes no connections right now.",
    unknown: "The chat server refuses the connection.",
    forbidden: "You may not read this room.",
    invalidRoomId: "This room name cannot be used.",
    tooManyRooms: "Too many rooms are open at once.",
    configuration: "The chat is not set up: url, room or token is missing.",
    other: "Something went wrong.",
  },
  /** Why a message was not sent, by name of the error. @type {Record<string, string>} */
  failures: {
    textEmpty: "There is nothing to see in it.",
    textTooLong: "It is too long.",
    forbidden: "You may not write in this room.",
    retryTooLate: "It cannot be told whether it was sent.",
    queueFull: "Too many messages are waiting.",
    other: "Something went wrong.",
  },
};
