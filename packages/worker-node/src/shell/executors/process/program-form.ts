// What kind of program some bytes are, and whether this machine has what it takes to start it.
import { accessSync, constants } from "node:fs";

/** Whether it can be started here. Only `absent` is about this machine, the others are the same on all of them. */
export type ProgramForm =
  | { readonly kind: "startable" }
  | { readonly kind: "badModule" | "badProgram" | "absent"; readonly message: string };

/** The folders in which a program is looked for by name, on this machine as in the sandbox. */
export const PROGRAM_PATH = "/usr/bin:/bin";

const ELF_MAGIC = "\u007fELF";
const ELF_64_BIT = 2;
/** Offset of the machine's number in an ELF header, and the number of x86-64. */
const ELF_MACHINE_AT = 18;
const ELF_X86_64 = 62;
/** The kernel reads no more of the first line. */
const LINE_BYTES_MAX = 255;

/** Looks at the first bytes: an ELF file for this architecture, or a script that names its interpreter, which this machine must have. */
export function programForm(program: Uint8Array, { hasRoot = false } = {}): ProgramForm {
  const head = Buffer.from(program.subarray(0, LINE_BYTES_MAX));
  const text = head.toString("latin1");
  if (text.startsWith(ELF_MAGIC)) {
    const fits = head.length > ELF_MACHINE_AT + 1 && head[4] === ELF_64_BIT;
    return fits && head.readUInt16LE(ELF_MACHINE_AT) === ELF_X86_64
      ? { kind: "startable" }
      : { kind: "badProgram", message: "it is a program for another processor than x86-64" };
  }
  if (!text.startsWith("#!"))
    return { kind: "badModule", message: "it is neither an ELF file nor a script that starts with #!" };
  // What is in a root of the task's own is the payer's business, and the same on every machine.
  if (hasRoot) return { kind: "startable" };
  return scriptForm(text.slice(2).split("\n")[0] ?? "");
}

function scriptForm(line: string): ProgramForm {
  const [interpreter = "", name = ""] = line.trim().split(/\s+/);
  if (!/^\/(usr\/)?s?bin\/[^/]+$/.test(interpreter))
    return { kind: "badProgram", message: "its interpreter is not a program in /usr/bin" };
  const wanted = interpreter.endsWith("/env") ? name : interpreter;
  const places = wanted.startsWith("/") ? [wanted] : PROGRAM_PATH.split(":").map((folder) => `${folder}/${wanted}`);
  return places.some(isExecutable)
    ? { kind: "startable" }
    : { kind: "absent", message: `this machine's /usr has no ${wanted}` };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
