/** The client for `talkroom.v1`, for browsers and Node 20. @module */
export { ChatClient } from "./client.js";
export { CommandError, codePoints, isRoomId } from "./wire.js";
