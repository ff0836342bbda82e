// Looks through the names of one hostile archive in a process whose heap is small, and prints why it is refused.
import { tarEntries } from "../../src/shell/executors/oci/tar-reader.ts";
import { RootNames } from "../../src/shell/executors/process/root/tree.ts";
import { archive, extendedHeader } from "./root-support.ts";

const folders = `${"p".repeat(249)}/`.repeat(7);
const paths: Readonly<Record<string, (i: number) => string>> = {
  // One letter beyond Latin-1, and each takes two bytes.
  long: (i) => `${folders}${"p".repeat(200)}Ā${i}`,
  // As long as a name may be before what says nothing is cut off.
  cut: (i) => `${"./".repeat(2_000)}some-file-${i}`,
};
const [kind = "", count = "0"] = process.argv.slice(2);

async function* entries(): AsyncGenerator<Uint8Array> {
  const file = archive([{ name: "file" }]).subarray(0, 512);
  for (let i = 0; i < Number(count); i += 1) {
    yield extendedHeader(`path=${paths[kind]?.(i)}`);
    yield file;
  }
}

const names = new RootNames();
let said = "taken";
try {
  for await (const entry of tarEntries(entries())) names.take({ ...entry, isExecutable: true });
} catch (error) {
  said = String(error);
}
process.stdout.write(said);
