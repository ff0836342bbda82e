// The result files that somebody holds: whether they are the ones of the receipt.
import type { Cid } from "../ids.ts";
import { nameOf } from "./check-job.ts";
import type { Report } from "./findings.ts";
import type { Receipt } from "./receipt.ts";

/** Content ids of files by `<step>/<index>/<output>`; null for one that is missing. */
export type HeldFiles = ReadonlyMap<string, Cid | null>;

/** Paths of all results, as `HeldFiles` names them. */
export function resultPaths(receipt: Receipt): readonly string[] {
  return receipt.tasks.flatMap((task) => task.outputs.map(({ name }) => `${nameOf(task)}/${name}`));
}

/** Checks every held file against the output that it should be. */
export function checkFiles(receipt: Receipt, files: HeldFiles, report: Report): void {
  for (const task of receipt.tasks) {
    for (const { name, cid } of task.outputs) {
      const path = `${nameOf(task)}/${name}`;
      const held = files.get(path) ?? null;
      if (held === null) report("files", `${path} is missing`);
      else if (held !== cid) report("files", `${path} is not the output that was accepted`);
    }
  }
}
