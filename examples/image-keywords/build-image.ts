// Makes the job's image out of Debian's Busybox and one script: `node examples/image-keywords/build-image.ts` writes image.tar.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentIdOfBytes } from "@starling/protocol";
import { imageArchive } from "../image-archive.ts";

const BUSYBOX = "/bin/busybox";
const ARCHIVE = join(import.meta.dirname, "image.tar");

/** What the script calls; Busybox is each of them by the name under which it is started. */
const TOOLS = ["awk", "grep", "ls", "sed", "sort", "tr", "uniq", "wc"];

/** Debian 12's package, with which the archive has the content id of the README. */
export const BUSYBOX_PACKAGE = "1:1.35.0-4+deb12u1+b1";
/** The archive's content id with that package. */
export const ARCHIVE_CID = "cid:fee1aafc0e441e31f4666b1f6d10e08b27075a199f8d49b5f99e6040aaf443d7";

/** Why the image can't be made here, or null. */
export function missingForImage(): string | null {
  if (process.arch !== "x64" || process.platform !== "linux") return "images are made and run on Linux on x86-64";
  return existsSync(BUSYBOX) ? null : `there is no ${BUSYBOX}; apt-get install busybox-static`;
}

/** The version of Debian's package that is here, or "". */
export function busyboxVersion(): string {
  const asked = spawnSync("dpkg-query", ["-W", "-f", "${Version}", "busybox-static"], { encoding: "utf8" });
  return asked.stdout ?? "";
}

/** Two layers: tools that seldom change, and the program. */
export function keywordsImage(): Uint8Array {
  const script = readFileSync(join(import.meta.dirname, "keywords.sh"));
  return imageArchive({
    layers: [
      [
        { name: "bin/sh", content: readFileSync(BUSYBOX) },
        ...TOOLS.map((name) => ({ name: `bin/${name}`, link: "sh" })),
      ],
      [{ name: "keywords", content: script }],
    ],
    entrypoint: ["/keywords"],
  });
}

/** Writes the archive that the job names. Returns why it could not, or null. */
export function writeImage(): string | null {
  const missing = missingForImage();
  if (missing === null) writeFileSync(ARCHIVE, keywordsImage());
  return missing;
}

function main(): void {
  const problem = writeImage();
  process.exitCode = problem === null ? 0 : 1;
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    return;
  }
  const bytes = readFileSync(ARCHIVE);
  process.stdout.write(`examples/image-keywords/image.tar: ${bytes.length} bytes, ${contentIdOfBytes(bytes)}\n`);
}

if (import.meta.main) main();
