/** The real server as a process, and tokens for it. */

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const { WebSocket } = createRequire(new URL("../node/package.json", import.meta.url))("ws");

const SECRET = "a secret of the web client's tests, long enough";
const TALKROOM = fileURLToPath(new URL("../../../.venv/bin/talkroom", import.meta.url));
const PATIENCE_MS = 30_000;

/** A token as a back end would issue it. @param {string} user @param {{ttl_s?: number, secret?: string}} [more] */
export function issue(user, { ttl_s = 3600, secret = SECRET, ...more } = {}) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({
    aud: "talkroom",
    sub: user,
    name: user,
    rooms: ["*"],
    iat: now,
    exp: now + ttl_s,
    ...more,
  })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export class ServerProcess {
  port = 0;
  #process = null;
  #folder = null;

  get url() {
    return `ws://127.0.0.1:${this.port}/prod`;
  }

  /** Start, or start again on the same port and database. */
  async start() {
    this.#folder ??= await mkdtemp(join(tmpdir(), "talkroom-web-"));
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("TALKROOM_")),
    );
    const options = ["serve", "--port", String(this.port), "--database", join(this.#folder, "talkroom.db")];
    this.#process = spawn(TALKROOM, options, {
      env: { ...environment, TALKROOM_TOKEN_SECRET: SECRET },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const greeting = await new Promise((resolve, reject) => {
      this.#process.stdout.once("data", (data) => resolve(String(data)));
      this.#process.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    this.port = Number(/https?:\/\/[^ ]+:(\d+)/.exec(greeting)?.[1]);
    if (!this.port) throw new Error(`the server said ${greeting}`);
  }

  /** `kill -9`. */
  async kill() {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }

  async remove() {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }
}

/** When `condition()` is so after an event of the target; fails after a patience. */
export function when(target, type, condition) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!condition()) return;
      clearTimeout(timer);
      target.removeEventListener(type, look);
      resolve();
    };
    const timer = setTimeout(() => reject(new Error(`not so in time: ${condition}`)), PATIENCE_MS);
    target.addEventListener(type, look);
    look();
  });
}
