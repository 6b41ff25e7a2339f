// {"action": "sendmessage", "data": "hello"}: everybody gets the text, the sender too.
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import * as connections from "./connections.mjs";

let managementApi;

export async function handler(event) {
  const { domainName, stage } = event.requestContext;
  const { data } = JSON.parse(event.body);
  if (typeof data !== "string") return { statusCode: 400 };
  // Behind a custom domain the stage is not in the path: name the endpoint yourself there.
  managementApi ??= new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });

  const payload = Buffer.from(data);
  const outcomes = [];
  for await (const ids of connections.pages()) {
    // All of them are awaited: Lambda freezes the function as soon as it returns.
    outcomes.push(...(await Promise.all(ids.map((id) => post(id, payload)))));
  }
  const delivered = outcomes.filter((outcome) => outcome === "delivered").length;
  console.log(`delivered to ${delivered} of ${outcomes.length} connections`);
  return { statusCode: 200 };
}

// Whatever happens to one receiver, the others still get the message.
async function post(ConnectionId, Data) {
  try {
    await managementApi.send(new PostToConnectionCommand({ ConnectionId, Data }));
    return "delivered";
  } catch (error) {
    if (error.name === "GoneException") {
      await connections.reap(ConnectionId);
      return "gone";
    }
    console.error(`could not post to ${ConnectionId}: ${error.name}`);
    return "failed";
  }
}
