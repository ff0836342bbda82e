// Writes snapshots/layout/*.json: where each contract keeps what. Without arguments to write, with `--check` to compare.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contractsDir } from "./forge.ts";

const CONTRACTS = ["StakeRegistry", "JobEscrow", "DisputeCourt"];
const TARGET = join(contractsDir, "snapshots", "layout");

interface Slot {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

interface Layout {
  readonly storage: readonly Slot[];
  readonly types: Readonly<Record<string, { readonly label: string; readonly members?: readonly Slot[] }>>;
}

/** Names without the numbers of syntax trees, which change with every edit. */
function layoutOf(name: string): string {
  const text = readFileSync(join(contractsDir, "out", `${name}.sol`, `${name}.json`), "utf8");
  const { storageLayout } = JSON.parse(text) as { storageLayout: Layout };
  const { storage, types } = storageLayout;
  const line = ({ label, slot, offset, type }: Slot) => `${slot}+${offset} ${types[type]?.label ?? type} ${label}`;
  const structs = Object.values(types).filter(({ members }) => members !== undefined);
  const members = structs.map(({ label, members: list = [] }) => [label, list.map(line)] as const);
  const sorted = members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify({ storage: storage.map(line), structs: Object.fromEntries(sorted) }, null, 2)}\n`;
}

mkdirSync(TARGET, { recursive: true });
for (const name of CONTRACTS) {
  const path = join(TARGET, `${name}.json`);
  const layout = layoutOf(name);
  if (!process.argv.includes("--check")) writeFileSync(path, layout);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== layout) {
    process.stderr.write(
      `the storage of ${name} isn't as in ${path}: accept it with contracts/script/test.ts --update\n`,
    );
    process.exitCode = 1;
  }
}
