// Verifies the receipt as a stranger would: by the command line, in a process of its own, without the coordinator.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Hash } from "@starling/protocol";

const starling = resolve(import.meta.dirname, "../../packages/cli/src/bin/starling.ts");

/** What is verified, against what. */
export interface Verification {
  readonly receiptPath: string;
  /** The folder with the downloaded results. */
  readonly results: string;
  readonly network: string;
  /** As read from the chain before. */
  readonly roots: readonly Hash[];
  readonly home: string;
}

/** Runs `starling receipt verify`; resolves with its exit code and what it printed. */
export function verifyOffline(
  { receiptPath, results, network, roots, home }: Verification,
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly code: number; readonly text: string }> {
  const what = [receiptPath, "--results", results];
  const args = ["receipt", "verify", ...what, "--trust", network, "--root", ...roots, "--home", home];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", starling, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => done({ code: code ?? 1, text }));
  });
}
