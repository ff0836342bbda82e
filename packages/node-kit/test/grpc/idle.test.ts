// Uploads that stop in the middle and readers that take nothing do not keep their places.
import { connect } from "node:http2";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ArtifactServiceDefinition } from "@starling/protocol/rpc";
import { expect, it, onTestFinished } from "vitest";
import { bindService, GrpcServer, type Handlers } from "../../src/index.ts";

const TOKEN = "token-of-the-test-1234567890";
const IDLE_MS = 200;
const { putArtifact, getArtifact } = ArtifactServiceDefinition.methods;

async function serve(
  handlers: Partial<Handlers<typeof ArtifactServiceDefinition>>,
): Promise<{ readonly client: Client; readonly port: number }> {
  const unused = async (): Promise<never> => {
    throw new Error("not asked for");
  };
  const service = bindService(
    ArtifactServiceDefinition,
    { hasArtifacts: unused, putArtifact: unused, getArtifact: unused, ...handlers },
    { hasArtifacts: "known", putArtifact: "known", getArtifact: "known" },
  );
  const server = new GrpcServer([service], {
    host: "127.0.0.1",
    port: 0,
    credentials: { token: TOKEN, keys: [] },
    tls: null,
    callsInFlightMax: 2,
    idleMs: IDLE_MS,
    onError: () => undefined,
  });
  const port = await server.start();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    await server.stop(200);
  });
  return { client, port };
}

function identity(): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${TOKEN}`);
  return metadata;
}

it("ends an upload of which nothing more comes", async () => {
  const came: unknown[] = [];
  const { client } = await serve({
    putArtifact: async (requests) => {
      for await (const { part } of requests) came.push(part?.$case);
      return { cid: "", size: 0n };
    },
  });
  const error = await new Promise<ServiceError | null>((resolve) => {
    const call = client.makeClientStreamRequest(
      "/starling.v1.ArtifactService/PutArtifact",
      (bytes: Buffer) => bytes,
      (bytes) => putArtifact.responseType.decode(bytes),
      identity(),
      (found) => resolve(found),
    );
    const header = { part: { $case: "header" as const, value: { cid: "cid:", size: 10n } } };
    call.write(Buffer.from(putArtifact.requestType.encode(header).finish()));
  });
  expect([error?.code, came]).toEqual([status.DEADLINE_EXCEEDED, ["header"]]);
});

it("gives up a reader that takes nothing", async () => {
  let ended: (reason: unknown) => void = () => undefined;
  const end = new Promise<unknown>((resolve) => {
    ended = resolve;
  });
  const { port } = await serve({
    getArtifact: async (_request, emit) => {
      const piece = { part: { $case: "piece" as const, value: new Uint8Array(256 * 1024) } };
      try {
        for (;;) await emit(piece);
      } catch (error) {
        ended(error);
        throw error;
      }
    },
  });
  // A client of the library reads ahead, however slowly it is asked; a bare one takes no more than its window.
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/starling.v1.ArtifactService/GetArtifact",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${TOKEN}`,
  });
  stream.on("error", () => undefined);
  stream.end(framed(getArtifact.requestType.encode({ cid: "cid:", offset: 0n, length: 0n }).finish()));
  expect(await end).toMatchObject({ code: "timedOut" });
});

// A message on the wire: not compressed, its length, its bytes.
function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
