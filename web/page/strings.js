/** What the page says; `<talk-room>` has strings of its own. */
const en = {
  tagline: "Rooms to talk in. Nothing said is lost.",
  name: "Your name",
  token: "Chat token",
  tokenHelp: "Your back end signs it; or, on the server:",
  room: "Room",
  enter: "Enter",
  skip: "Skip to messages",
  rooms: "Rooms",
  add: "Open a room",
  leave: "Leave",
  unread: "unread",
  signOut: "Sign out",
  here: "here now",
  settings: "Settings",
  theme: "Theme",
  auto: "Automatic",
  light: "Light",
  dark: "Dark",
  lang: "Language",
  sendKey: "Send with",
  again: "Sign in again",
  badName: "Use 1 to 128 visible characters.",
  badToken: "This token cannot be used here.",
  noAnswer: "The server gave no token. Try again.",
};

/** @type {typeof en} */
const ja = {
  tagline: "会話が失われないチャットルーム。",
  name: "お名前",
  token: "チャットトークン",
  tokenHelp: "バックエンドで署名するか、サーバーで発行します:",
  room: "ルーム",
  enter: "入室",
  skip: "メッセージへ移動",
  rooms: "ルーム",
  add: "ルームを開く",
  leave: "退室",
  unread: "件の未読",
  signOut: "ログアウト",
  here: "人が在室",
  settings: "設定",
  theme: "テーマ",
  auto: "自動",
  light: "ライト",
  dark: "ダーク",
  lang: "言語",
  sendKey: "送信キー",
  again: "再サインイン",
  badName: "表示できる 1～128 文字を入力してください。",
  badToken: "このトークンは使えません。",
  noAnswer: "トークンを取得できません。もう一度お試しください。",
};

/** By language. @type {Record<string, Record<string, string>>} */
export const languages = { en, ja };

/** The first of some BCP 47 tags that the page speaks, or `en`. @param {readonly string[]} tags */
export const languageOf = (tags) => tags.map((tag) => tag.slice(0, 2)).find((tag) => tag in languages) ?? "en";
