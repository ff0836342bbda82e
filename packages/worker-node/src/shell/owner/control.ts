// How the owner's commands reach a running worker: a socket in its folder that nobody else may open, one line of JSON each way.
import { chmodSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What is asked of a running worker. */
export type ControlRequest =
  | { readonly verb: "status" | "pause" | "resume" | "drain" }
  | { readonly verb: "reclaim"; readonly noticeMs: number };

/** What a worker says to it. Several may come, each newer than the one before. */
export type ControlAnswer =
  | { readonly ok: true; readonly status: unknown }
  | { readonly ok: false; readonly message: string };

/** Answers a request, and says more when there is more to say; what it resolves to is the last. */
export type AnswerControl = (request: ControlRequest, say: (answer: ControlAnswer) => void) => Promise<ControlAnswer>;

/** No worker runs there. */
export class NotRunningError extends Error {
  override readonly name = "NotRunningError";
}

const SOCKET = "control.sock";
const LINE_BYTES_MAX = 4_096;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const REQUEST_LIMIT_MS = 5_000;
/** Longer paths do not fit a socket's address. */
const ADDRESS_LENGTH_MAX = 100;

/** Listens until the function that it gives is called. The folder is locked already, so an old socket in it is nobody's. */
export async function serveControl(folder: string, answer: AnswerControl): Promise<() => Promise<void>> {
  const path = join(folder, SOCKET);
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void serve(socket, answer);
  });
  await withAddress(folder, (address) => listen(server, address));
  chmodSync(path, 0o600);
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(path, { force: true });
  };
}

/** Asks the worker in a folder; calls back with each answer and resolves when it has said its last. Throws `NotRunningError`. */
export async function askControl(
  folder: string,
  request: ControlRequest,
  heard: (answer: ControlAnswer) => void,
): Promise<void> {
  await withAddress(folder, async (address) => {
    const socket = await dial(address, folder);
    let bytes = 0;
    socket.on("data", (data: Buffer) => {
      bytes += data.length;
      if (bytes > ANSWER_BYTES_MAX) socket.destroy(new Error("the worker says too much"));
    });
    const lines = createInterface({ input: socket });
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of lines) heard(JSON.parse(line) as ControlAnswer);
  });
}

async function serve(socket: Socket, answer: AnswerControl): Promise<void> {
  // Whoever asked may be gone before he is answered.
  socket.on("error", () => undefined);
  const say = (said: ControlAnswer): void => void socket.write(`${JSON.stringify(said, bigintsAsText)}\n`);
  try {
    say(await answer(readRequest(await firstLine(socket)), say));
  } catch (error) {
    say({ ok: false, message: error instanceof Error ? error.message : String(error) });
  }
  socket.end();
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const limit = setTimeout(() => reject(new Error("no request came")), REQUEST_LIMIT_MS);
    socket.once("close", () => reject(new Error("no request came")));
    socket.on("data", (data: Buffer) => {
      text += data;
      if (!text.includes("\n") && text.length <= LINE_BYTES_MAX) return;
      clearTimeout(limit);
      resolve(text.slice(0, text.indexOf("\n")));
    });
  });
}

function readRequest(line: string): ControlRequest {
  const { verb, noticeMs } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  switch (verb) {
    case "status":
    case "pause":
    case "resume":
    case "drain":
      return { verb };
    case "reclaim":
      if (typeof noticeMs === "number" && Number.isSafeInteger(noticeMs) && noticeMs >= 0) return { verb, noticeMs };
      throw new Error("noticeMs must be a whole number of milliseconds");
    default:
      throw new Error(`this worker does not know "${String(verb)}"`);
  }
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => resolve());
  });
}

function dial(address: string, folder: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const isNobody = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      reject(isNobody ? new NotRunningError(`no worker runs with the data folder ${folder}`) : error);
    });
  });
}

// A long path is reached through a descriptor of its folder, where the system has such a thing.
async function withAddress<T>(folder: string, use: (address: string) => Promise<T>): Promise<T> {
  const path = join(folder, SOCKET);
  if (path.length <= ADDRESS_LENGTH_MAX || process.platform !== "linux") return await use(path);
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    throw new NotRunningError(`no worker runs with the data folder ${folder}`);
  }
  try {
    return await use(`/proc/self/fd/${descriptor}/${SOCKET}`);
  } finally {
    closeSync(descriptor);
  }
}
