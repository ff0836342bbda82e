// A JSON-RPC node over HTTP whose answers a test writes by hand.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as the node sees it: the calls of a batch. */
export type FakeAnswer = (
  calls: readonly { id: number; method: string; params: unknown[] }[],
  response: ServerResponse,
) => void;

/** A running fake. */
export interface FakeNode {
  readonly url: string;
  /** Requests so far. */
  readonly count: () => number;
  close(): Promise<void>;
}

/** Starts a node that gives these answers in order, the last one for ever. */
export async function startFakeNode(answers: readonly FakeAnswer[]): Promise<FakeNode> {
  let seen = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const answer = answers[Math.min(seen, answers.length - 1)];
      seen += 1;
      answer?.(JSON.parse(body), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers each call by its method. */
export function answering(results: Readonly<Record<string, unknown>>): FakeAnswer {
  return (calls, response) => {
    const answers = calls.map(({ id, method }) => ({ jsonrpc: "2.0", id, result: results[method] ?? null }));
    response.end(JSON.stringify(answers));
  };
}

/** Refuses each call with this error. */
export function refusing(error: {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}): FakeAnswer {
  return (calls, response) => {
    response.end(JSON.stringify(calls.map(({ id }) => ({ jsonrpc: "2.0", id, error }))));
  };
}

/** Answers with this HTTP status and text. */
export function failing(status: number, text: string): FakeAnswer {
  return (_calls, response) => {
    response.statusCode = status;
    response.end(text);
  };
}
