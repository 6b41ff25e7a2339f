import * as connections from "./connections.mjs";

// The connection opens when this returns 200; it cannot be posted to before.
export async function handler(event) {
  await connections.add(event.requestContext.connectionId);
  return { statusCode: 200 };
}
