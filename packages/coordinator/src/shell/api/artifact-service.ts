// ArtifactService: files by content id, in pieces, verified both ways.
import { ArtifactError, type BoundService, bindService, type CallContext, type Emit } from "@starling/node-kit";
import { isCid, limits } from "@starling/protocol";
import {
  ArtifactServiceDefinition,
  type GetArtifactRequest,
  type GetArtifactResponse,
  type PutArtifactRequest,
  type PutArtifactResponse,
} from "@starling/protocol/rpc";
import type { ApiDeps } from "./deps.ts";
import { refusal } from "./refuse.ts";

const CIDS_MAX = 1_000;

/** The service over one store. Whoever knows a content id may read the file: the id is a secret as good as a key. */
export function artifactService(deps: ApiDeps): BoundService {
  return bindService(
    ArtifactServiceDefinition,
    {
      hasArtifacts: async ({ cids }) => {
        if (cids.length > CIDS_MAX) throw refusal("invalidArgument", `at most ${CIDS_MAX} content ids a call`);
        const found = cids.map((cid) => (isCid(cid) ? deps.artifacts.stat(cid) : null));
        return {
          missing: cids.filter((_cid, i) => found[i] === null),
          sizes: found.map((info) => BigInt(info?.size ?? 0)),
        };
      },
      putArtifact: (requests, context) => put(deps, requests, context),
      getArtifact: (request, emit, context) => get(deps, request, { emit, context }),
    },
    { hasArtifacts: "known", putArtifact: "known", getArtifact: "known" },
  );
}

async function put(
  { artifacts }: ApiDeps,
  requests: AsyncIterable<PutArtifactRequest>,
  { signal }: CallContext,
): Promise<PutArtifactResponse> {
  const parts = requests[Symbol.asyncIterator]();
  const first = await parts.next();
  const header = first.done === true || first.value.part?.$case !== "header" ? null : first.value.part.value;
  if (header === null) throw refusal("invalidArgument", "an upload begins with its header");
  if (header.size > BigInt(limits.artifactBytes))
    throw refusal("tooLarge", `a file has at most ${limits.artifactBytes} bytes`);
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
      const { part } = next.value;
      if (part?.$case !== "piece" || part.value.length > limits.pieceBytes)
        throw refusal("invalidArgument", `after the header come pieces of at most ${limits.pieceBytes} bytes`);
      yield part.value;
    }
  }
  const stored = await artifacts.put(pieces(), { signal, bytesMax: Number(header.size) }).catch((error: unknown) => {
    throw asRefusal(error);
  });
  // What came stays until it is evicted: the store keeps equal bytes once, so that they may be somebody else's file as well.
  if (stored.cid !== header.cid)
    throw refusal("artifactCorrupt", `what was uploaded is ${stored.cid}, not ${header.cid}`);
  return { cid: stored.cid, size: BigInt(stored.size) };
}

async function get(
  { artifacts }: ApiDeps,
  request: GetArtifactRequest,
  { emit, context }: { readonly emit: Emit<GetArtifactResponse>; readonly context: CallContext },
): Promise<void> {
  const info = isCid(request.cid) ? artifacts.stat(request.cid) : null;
  if (info === null) throw refusal("artifactNotFound", `there is no file ${request.cid}`);
  await emit({ part: { $case: "header", value: { size: BigInt(info.size) } } });
  const offset = Number(request.offset);
  const length = request.length === 0n ? Math.max(0, info.size - offset) : Number(request.length);
  try {
    for await (const bytes of artifacts.open(info.cid, { offset, length }, { signal: context.signal })) {
      for (let start = 0; start < bytes.length; start += limits.pieceBytes) {
        await emit({ part: { $case: "piece", value: bytes.subarray(start, start + limits.pieceBytes) } });
      }
    }
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof ArtifactError)) return error;
  const code = error.code === "storageFull" ? "quotaExceeded" : error.code;
  return refusal(code, error.message);
}
