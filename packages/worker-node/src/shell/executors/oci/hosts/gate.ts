// The first program of a container that may reach hosts: it waits until they can be reached, so that no task finds its proxy missing.

import { execFile } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Code, call, elf, SCRATCH } from "../machine-code.ts";

const run = promisify(execFile);

/** Where the gate's folder is in the container. */
const INSIDE = "/gate";
/** Docker's own first process: it finds the image's program by its name, which the gate does not. */
const DOCKER_INIT = "/sbin/docker-init";
const EXECVE = 59;
/** As shells say that there is no such program. */
const NOT_FOUND = 127;

/** What stands before the image's own entry point. */
export const gateEntry: readonly string[] = [`${INSIDE}/wait`, "-s", "--"];

/** Reads a byte of the pipe, then becomes Docker's first process with the same arguments. */
function waits(): Buffer {
  const code = new Code();
  // mov edi, eax
  code.text(`${INSIDE}/pipe`).call(call.open, 0, 0).put(0x89, 0xc7).call(call.read, SCRATCH, 1);
  // mov rax, [rsp]; lea rsi, [rsp + 8]; lea rdx, [rsp + rax * 8 + 16]
  code.text(DOCKER_INIT).put(0x48, 0x8b, 0x04, 0x24, 0x48, 0x8d, 0x74, 0x24, 0x08, 0x48, 0x8d, 0x54, 0xc4, 0x10);
  code.with32([0xb8], EXECVE).put(0x0f, 0x05);
  return code.with32([0xbf], NOT_FOUND).with32([0xb8], call.exit).put(0x0f, 0x05).build();
}

/** The gate of one container. */
export class Gate {
  readonly #pipe: number;
  /** For Docker's API. */
  readonly bind: string;

  private constructor(folder: string, pipe: number) {
    this.#pipe = pipe;
    this.bind = `${folder}:${INSIDE}:ro`;
  }

  /** Lays it out in a folder of its own, shut. */
  static async layOut(folder: string): Promise<Gate> {
    await mkdir(folder, { mode: 0o755 });
    await writeFile(join(folder, "wait"), elf(waits()), { mode: 0o555 });
    await run("mkfifo", ["-m", "444", join(folder, "pipe")]);
    // For both, so that neither side waits for the other to open it.
    return new Gate(folder, openSync(join(folder, "pipe"), constants.O_RDWR | constants.O_NONBLOCK));
  }

  /** Lets the program begin. */
  open(): void {
    writeSync(this.#pipe, new Uint8Array(1));
  }

  close(): void {
    closeSync(this.#pipe);
  }
}
