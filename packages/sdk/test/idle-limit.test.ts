// A coordinator that hangs in the middle of a file is given up; one that is slow is not.
import { Server, ServerCredentials, type ServerReadableStream, type ServerWritableStream } from "@grpc/grpc-js";
import { ArtifactServiceDefinition } from "@starling/protocol/rpc";
import { expect, it, onTestFinished } from "vitest";
import { RpcConnection } from "../src/rpc-client.ts";

const { getArtifact, putArtifact } = ArtifactServiceDefinition.methods;
const piece = Buffer.from(
  getArtifact.responseType.encode({ part: { $case: "piece", value: new Uint8Array(10) } }).finish(),
);
const same = (bytes: Buffer): Buffer => bytes;

/** A server that says one piece of each file and then nothing, and takes uploads without an answer. */
async function hangingServer(): Promise<RpcConnection> {
  const server = new Server();
  const method = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    {
      getArtifact: {
        ...method,
        path: "/starling.v1.ArtifactService/GetArtifact",
        requestStream: getArtifact.requestStream,
        responseStream: getArtifact.responseStream,
      },
      putArtifact: {
        ...method,
        path: "/starling.v1.ArtifactService/PutArtifact",
        requestStream: putArtifact.requestStream,
        responseStream: putArtifact.responseStream,
      },
    },
    {
      getArtifact: (call: ServerWritableStream<Buffer, Buffer>) => void call.write(piece),
      putArtifact: (call: ServerReadableStream<Buffer, Buffer>) => void call.resume(),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const connection = new RpcConnection({ address: `127.0.0.1:${port}`, token: "token", rootCertificates: null });
  onTestFinished(() => {
    connection.close();
    server.forceShutdown();
  });
  return connection;
}

it("a download of which no more comes is given up", async () => {
  const artifacts = (await hangingServer()).service(ArtifactServiceDefinition);
  const came: unknown[] = [];
  const download = async (): Promise<void> => {
    const parts = artifacts.getArtifact({ cid: "cid:", offset: 0n, length: 0n }, { idleMs: 200 });
    for await (const { part } of parts) came.push(part?.$case);
  };
  await expect(download()).rejects.toMatchObject({ code: "timedOut" });
  expect(came).toEqual(["piece"]);
});

it("an upload that is never answered is given up", async () => {
  const artifacts = (await hangingServer()).service(ArtifactServiceDefinition);
  async function* parts() {
    yield { part: { $case: "header" as const, value: { cid: "cid:", size: 1n } } };
  }
  await expect(artifacts.putArtifact(parts(), { idleMs: 200 })).rejects.toMatchObject({ code: "timedOut" });
});
