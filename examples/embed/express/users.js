// In place of your own users.
const USERS = new Map([
  [1, { id: 1, name: "アリス", rooms: ["lobby", "team-7-*"] }],
  [2, { id: 2, name: "ボブ", rooms: ["lobby"] }],
]);

export const findUser = (id) => USERS.get(id) ?? null;
