/**
 * Asks one's own back end for a chat token.
 *
 * @param {string} url answers a POST with the token as text, or as JSON: `{"token": "…"}`
 * @returns {Promise<string>}
 * @throws {Error} the answer's status is not 2xx, or there is no token in it
 */
export async function fetchToken(url) {
  const headers = { Accept: "application/json, text/plain" };
  const response = await fetch(url, { method: "POST", credentials: "same-origin", headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status} instead of a token`);
  const text = (await response.text()).trim();
  const token = text.startsWith("{") ? JSON.parse(text).token : text;
  if (typeof token !== "string" || !token) throw new Error(`${url} answered without a token`);
  return token;
}
