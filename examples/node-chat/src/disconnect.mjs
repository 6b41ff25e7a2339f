import * as connections from "./connections.mjs";

export async function handler(event) {
  await connections.remove(event.requestContext.connectionId);
  return { statusCode: 200 };
}
