// The table of open connections: one row each.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, paginateScan } from "@aws-sdk/lib-dynamodb";

const TableName = process.env.TABLE_NAME;
// API Gateway closes every connection after two hours. $disconnect is best effort, so DynamoDB removes what it left behind.
const LIFETIME_S = 2 * 60 * 60 + 5 * 60;
// Longer than $connect can take, which is 29 seconds for each of the authorizer and the function.
const OPENING_S = 60;
const PAGE_SIZE = 50;

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const nowInSeconds = () => Math.floor(Date.now() / 1000);

export async function add(connectionId) {
  const connectedAt = nowInSeconds();
  await table.send(
    new PutCommand({ TableName, Item: { connectionId, connectedAt, expiresAt: connectedAt + LIFETIME_S } }),
  );
}

export async function remove(connectionId) {
  await table.send(new DeleteCommand({ TableName, Key: { connectionId } }));
}

// Remove the row of a connection that is gone. A young one stays: its row is written by $connect, and until $connect has returned
// API Gateway says 410 of a connection that is about to open.
export async function reap(connectionId) {
  try {
    await table.send(
      new DeleteCommand({
        TableName,
        Key: { connectionId },
        ConditionExpression: "connectedAt < :young",
        ExpressionAttributeValues: { ":young": nowInSeconds() - OPENING_S },
      }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
  }
}

// The ids of all connections, a page at a time: one Scan reads 1 MB at most, and a page bounds how many posts run at once.
export async function* pages() {
  const query = { TableName, ProjectionExpression: "connectionId" };
  for await (const page of paginateScan({ client: table, pageSize: PAGE_SIZE }, query)) {
    yield page.Items.map((item) => item.connectionId);
  }
}
