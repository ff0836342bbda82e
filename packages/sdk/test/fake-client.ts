// A client whose answers a test gives.
import type { StarlingClient } from "../src/index.ts";

type Jobs = Pick<StarlingClient["jobs"], "getQuote" | "submitJob">;

/** Answers as given, holds every file, and fails on every other call. */
export function clientOf(jobs: Jobs): StarlingClient {
  const nothing = async (): Promise<never> => {
    throw new Error("this test asks for nothing else");
  };
  const rest = new Proxy({}, { get: () => nothing });
  const artifacts = { hasArtifacts: async () => ({ missing: [], sizes: [] }) };
  return {
    jobs: { ...rest, ...jobs } as StarlingClient["jobs"],
    artifacts: { ...rest, ...artifacts } as unknown as StarlingClient["artifacts"],
    tasks: rest as StarlingClient["tasks"],
    nodes: rest as StarlingClient["nodes"],
    ledger: rest as StarlingClient["ledger"],
    close: () => undefined,
  };
}
