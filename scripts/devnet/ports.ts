// Free ports below the range that the kernel hands out, so that nobody's outgoing connection takes one before its owner listens.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const first = 20_000;
const last = 32_000;
const triesMax = 100;

/** A port on 127.0.0.1 that nobody listens on. Throws when a hundred in a row are taken. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    const port = randomInt(first, last);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${first} and ${last} on 127.0.0.1`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
