// Messages of the blob protocol between their plain form and the wire.
import { type ContentManifest, chunkCount } from "../content-id.ts";
import { concat } from "../digest.ts";
import {
  type BlobManifest,
  BlobRequest as RequestWire,
  BlobResponse as ResponseWire,
} from "../generated/starling/v1/blob.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Cid, Hash } from "../ids.ts";
import { limits } from "../limits.ts";
import { cidBytes, readCid, readInteger, readList, readPart, readText, readWord } from "./read.ts";
import { decodeWith, WireError } from "./wire-error.ts";

/** What is asked. After `put` follow pieces; `number` ties an answer to its request. */
export type BlobRequest = { readonly number: number } & (
  | { readonly type: "has"; readonly cids: readonly Cid[] }
  | { readonly type: "manifest"; readonly cid: Cid }
  | { readonly type: "get"; readonly cid: Cid; readonly offset: number; readonly length: number }
  | { readonly type: "put"; readonly cid: Cid; readonly manifest: ContentManifest }
  | { readonly type: "piece"; readonly bytes: Uint8Array }
);

/** What is answered. A part that was asked for comes in pieces and ends with `done`. */
export type BlobResponse = { readonly number: number } & (
  | { readonly type: "missing"; readonly cids: readonly Cid[] }
  | { readonly type: "manifest"; readonly manifest: ContentManifest }
  | { readonly type: "piece"; readonly bytes: Uint8Array }
  | { readonly type: "done" }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
);

const CIDS_MAX = 1_000;

/** Bytes of a request. */
export function encodeBlobRequest(request: BlobRequest): Uint8Array {
  return RequestWire.encode({ number: BigInt(request.number), ask: requestToWire(request) }).finish();
}

/** Reads a request; throws `WireError`. A request that this version does not know is one too. */
export function decodeBlobRequest(bytes: Uint8Array): BlobRequest {
  checkSize(bytes);
  const found = decodeWith("request", () => RequestWire.decode(bytes));
  const number = readInteger(found.number, "number");
  const ask = readPart(found.ask, "ask");
  switch (ask.$case) {
    case "has":
      return { number, type: "has", cids: readCids(ask.value.cids) };
    case "manifest":
      return { number, type: "manifest", cid: readCid(ask.value.cid, "cid") };
    case "get":
      return {
        number,
        type: "get",
        cid: readCid(ask.value.cid, "cid"),
        offset: readInteger(ask.value.offset, "offset", limits.artifactBytes),
        length: readInteger(ask.value.length, "length", limits.artifactBytes),
      };
    case "put":
      return { number, type: "put", cid: readCid(ask.value.cid, "cid"), manifest: readManifest(ask.value.manifest) };
    case "piece":
      return { number, type: "piece", bytes: readPiece(ask.value) };
  }
}

/** Bytes of a response. */
export function encodeBlobResponse(response: BlobResponse): Uint8Array {
  return ResponseWire.encode({ number: BigInt(response.number), answer: responseToWire(response) }).finish();
}

/** Reads a response; throws `WireError`. */
export function decodeBlobResponse(bytes: Uint8Array): BlobResponse {
  checkSize(bytes);
  const found = decodeWith("response", () => ResponseWire.decode(bytes));
  const number = readInteger(found.number, "number");
  const answer = readPart(found.answer, "answer");
  switch (answer.$case) {
    case "missing":
      return { number, type: "missing", cids: readCids(answer.value.cids) };
    case "manifest":
      return { number, type: "manifest", manifest: readManifest(answer.value) };
    case "piece":
      return { number, type: "piece", bytes: readPiece(answer.value) };
    case "done":
      return { number, type: "done" };
    case "refused": {
      const { code, message } = answer.value;
      return { number, type: "refused", code: readWord(code, "code"), message: readText(message, "message") };
    }
  }
}

function requestToWire(request: BlobRequest): NonNullable<RequestWire["ask"]> {
  switch (request.type) {
    case "has":
      return { $case: "has", value: { cids: request.cids.map(cidBytes) } };
    case "manifest":
      return { $case: "manifest", value: { cid: cidBytes(request.cid) } };
    case "get": {
      const { cid, offset, length } = request;
      return { $case: "get", value: { cid: cidBytes(cid), offset: BigInt(offset), length: BigInt(length) } };
    }
    case "put":
      return { $case: "put", value: { cid: cidBytes(request.cid), manifest: manifestToWire(request.manifest) } };
    case "piece":
      return { $case: "piece", value: request.bytes };
  }
}

function responseToWire(response: BlobResponse): NonNullable<ResponseWire["answer"]> {
  switch (response.type) {
    case "missing":
      return { $case: "missing", value: { cids: response.cids.map(cidBytes) } };
    case "manifest":
      return { $case: "manifest", value: manifestToWire(response.manifest) };
    case "piece":
      return { $case: "piece", value: response.bytes };
    case "done":
      return { $case: "done", value: {} };
    case "refused":
      return { $case: "refused", value: { code: response.code, message: response.message } };
  }
}

function manifestToWire(manifest: ContentManifest): BlobManifest {
  return { size: BigInt(manifest.size), chunks: concat(...manifest.chunks.map(fromHex)) };
}

// Whether the manifest is the one of a content id is checked by `isManifestOf`, with a fast SHA-256.
function readManifest(found: BlobManifest | undefined): ContentManifest {
  const { size: foundSize, chunks: flat } = readPart(found, "manifest");
  const size = readInteger(foundSize, "manifest.size", limits.artifactBytes);
  if (flat.length !== 32 * chunkCount(size))
    throw new WireError("manifest.chunks", "are not as many as the size needs");
  const chunks = Array.from({ length: chunkCount(size) }, (_, i): Hash => toHex(flat.subarray(32 * i, 32 * (i + 1))));
  return { size, chunks };
}

function readCids(found: readonly Uint8Array[]): readonly Cid[] {
  return readList({ items: found, path: "cids", max: CIDS_MAX }, readCid);
}

function readPiece(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.pieceBytes) throw new WireError("piece", `has more than ${limits.pieceBytes} bytes`);
  return bytes;
}

// A manifest of the largest file is larger than a piece: 16,384 hashes.
function checkSize(bytes: Uint8Array): void {
  if (bytes.length > limits.workFrameBytes)
    throw new WireError("frame", `has more than ${limits.workFrameBytes} bytes`);
}
