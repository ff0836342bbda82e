// Root file systems for tests, and an executor whose tasks bring them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cid, contentIdOfBytes } from "@starling/protocol";
import { expect, test } from "vitest";
import { missingPackages } from "../../../../test/harness/debian.ts";
import type { Executor, TaskRoot } from "../../src/shell/executors/executor.ts";
import { type NewEntry, tarOf } from "../../src/shell/executors/oci/tar.ts";
import { createProcessExecutor } from "../../src/shell/executors/process/process-executor.ts";
import { describeProcesses } from "./process-support.ts";

const missing = missingPackages(["busybox-static"]);

/** Defines tests of processes with roots where they can be made; elsewhere one that bears the reason in its name. */
export function describeRoots(name: string, define: () => void): void {
  if (missing.length === 0) describeProcesses(name, define);
  else notTested(name, `there is no ${missing.join(", ")}`);
}

/** The same in the long run. */
export function describeRootsAtLength(name: string, define: () => void): void {
  if (process.env.STARLING_TEST_FULL === "1") describeRoots(name, define);
  else notTested(name, "it takes the long run: npm run test:full");
}

function notTested(name: string, reason: string): void {
  test(`${name}: NOT TESTED here, since ${reason}`, () => expect(reason).toMatch(/\w/));
}

/** Room for the roots of a test. */
export const ROOM = 64 * 1024 * 1024;

/** A root as a task brings it; `opened` counts how often it was read. */
export function rootOf(archive: Uint8Array): TaskRoot & { readonly digest: Cid; readonly opened: () => number } {
  let opened = 0;
  async function* open(): AsyncGenerator<Uint8Array> {
    opened += 1;
    for (let at = 0; at < archive.length; at += 65_536) yield archive.subarray(at, at + 65_536);
  }
  return { digest: contentIdOfBytes(archive), size: archive.length, open, opened: () => opened };
}

/** An archive of these entries. */
export function archive(entries: readonly NewEntry[]): Uint8Array {
  return Buffer.concat([...tarOf(entries)]);
}

/** An extended header with one record, for the entry that follows. */
export function extendedHeader(record: string): Uint8Array {
  const rest = Buffer.byteLength(record) + 2;
  const digits = String(rest + String(rest + 4).length).length;
  return meta("x", `${rest + digits} ${record}\n`);
}

/** An entry that says something of others. */
export function meta(type: "x" | "g" | "L" | "K", content: string): Uint8Array {
  const packed = archive([{ name: "header", content: Buffer.from(content) }]);
  return typed(type, packed.subarray(0, packed.length - 1_024));
}

/** An archive with one entry of any kind after others; `name` is its first, and `link` its target. */
export function oddArchive(
  type: string,
  { name, link = "" }: { name: string; link?: string },
  before: readonly NewEntry[] = [],
): Uint8Array {
  const head = archive(before);
  const odd = Buffer.from(archive([{ name, link: link === "" ? "x" : link }]));
  odd.fill(0, 157, 257);
  odd.write(link, 157, "utf8");
  return Buffer.concat([head.subarray(0, head.length - 1_024), typed(type, odd)]);
}

/** An archive whose first entry is said to be of another kind. */
function typed(type: string, archive: Uint8Array): Buffer {
  const odd = Buffer.from(archive);
  odd.write(type, 156, "latin1");
  odd.fill(0x20, 148, 156);
  const sum = odd.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  odd.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return odd;
}

/** An executor whose tasks all bring this root, unless they say otherwise; closing it removes what it had. */
export function rootExecutor(root: TaskRoot, slots = 1): Executor & { readonly area: string } {
  const folder = mkdtempSync(join(tmpdir(), "process-root-"));
  const area = join(folder, "area");
  const executor = createProcessExecutor({ slots, area, roots: { folder: join(folder, "roots"), bytesMax: ROOM } });
  return {
    ...executor,
    area,
    run: (task, options) => executor.run({ root, ...task }, options),
    close: async () => {
      await executor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
