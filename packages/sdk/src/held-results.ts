// The results that somebody holds, against a receipt: content ids of all files, and distances measured again, without any network.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cid,
  type ComparedSide,
  comparedChunkBytes,
  comparison,
  type DistantOutput,
  distantOutputs,
  type HeldFiles,
  type Measured,
  parseReceipt,
  type Receipt,
  resultPaths,
} from "@starling/protocol";
import { downloadFile, hashFile } from "./artifacts.ts";
import type { StarlingClient } from "./client.ts";
import type { CallOptions } from "./rpc-client.ts";

/** Where the folder of results keeps outputs that were compared with an accepted one. */
export function comparedPath(folder: string, cid: Cid): string {
  return join(folder, "compared", cid.slice("cid:".length));
}

/** Content ids of all results in a folder as `downloadResults` leaves it. */
export async function heldFiles(receipt: Receipt, folder: string): Promise<HeldFiles> {
  const held = new Map<string, Cid | null>();
  for (const path of resultPaths(receipt)) held.set(path, await contentOf(join(folder, path)));
  return held;
}

/** Measures all distances of a receipt again whose files are in the folder; the others are left out. */
export async function measureAgain(receipt: Receipt, folder: string): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const compared of distantOutputs(receipt)) {
    const { task, reference, file } = compared;
    const paths = {
      reference: join(folder, task.step, String(task.index), reference.name),
      answer: comparedPath(folder, file.cid),
    };
    const isHeld = (await contentOf(paths.reference)) === reference.cid && (await contentOf(paths.answer)) === file.cid;
    if (isHeld) measured.push({ compared, found: await measure(compared, paths) });
  }
  return measured;
}

/** Downloads the outputs that were compared with an accepted one. Returns the paths; none for a receipt that can't be read. */
export async function downloadCompared(
  client: StarlingClient,
  { receipt, folder }: { readonly receipt: string; readonly folder: string },
  options: CallOptions = {},
): Promise<readonly string[]> {
  const parsed = parseReceipt(receipt);
  const ids = new Set(parsed.ok ? distantOutputs(parsed.receipt).map(({ file }) => file.cid) : []);
  const paths: string[] = [];
  for (const cid of ids) {
    const path = comparedPath(folder, cid);
    await downloadFile(client, { cid, path }, options);
    paths.push(path);
  }
  return paths;
}

async function contentOf(path: string): Promise<Cid | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() === true ? (await hashFile(path)).cid : null;
}

async function measure(
  { comparator }: DistantOutput,
  paths: Readonly<Record<ComparedSide, string>>,
): Promise<Measured["found"]> {
  const chunksOf = (path: string): AsyncIterator<unknown> =>
    createReadStream(path, { highWaterMark: comparedChunkBytes })[Symbol.asyncIterator]();
  const sides = { reference: chunksOf(paths.reference), answer: chunksOf(paths.answer) };
  const comparing = comparison(comparator);
  let step = comparing.next();
  while (step.done !== true) {
    const chunk = await sides[step.value].next();
    step = comparing.next(chunk.done === true ? null : (chunk.value as Uint8Array));
  }
  for (const side of Object.values(sides)) await side.return?.();
  return step.value;
}
