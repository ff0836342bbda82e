// Small programs of machine code for x86-64, and images of one such program: they need no registry and no files of the machine.
import { createHash } from "node:crypto";
import { tarOf } from "./tar.ts";

/** Where a program lies in its own memory. */
const BASE = 0x40_0000;
const HEADER_BYTES = 0x78;
/** Room behind it, for what it reads and computes. */
const SCRATCH_BYTES = 0x4000;

/** Numbers of the kernel's calls. */
export const call = { read: 0, write: 1, open: 2, mmap: 9, exit: 60 } as const;

/** Address of memory that a program may use, behind everything. */
export const SCRATCH = BASE + 0x1000;

/** Machine code with jumps by label and texts by address. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #jumps: { readonly at: number; readonly label: string }[] = [];
  readonly #texts: { readonly at: number; readonly text: string }[] = [];

  put(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** An opcode with a 32-bit operand. */
  with32(opcode: readonly number[], value: number): this {
    return this.put(...opcode, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  label(name: string): this {
    this.#labels.set(name, this.#bytes.length);
    return this;
  }

  jump(opcode: readonly number[], label: string): this {
    this.#jumps.push({ at: this.#bytes.length + opcode.length, label });
    return this.with32(opcode, 0);
  }

  /** mov edi, the text's address. */
  text(text: string): this {
    this.#texts.push({ at: this.#bytes.length + 1, text });
    return this.with32([0xbf], 0);
  }

  /** mov esi and edx, then the call. */
  call(number: number, second: number, third: number): this {
    return this.with32([0xbe], second).with32([0xba], third).with32([0xb8], number).put(0x0f, 0x05);
  }

  /** The code, its texts behind it; `scratch` is where what it reads comes to lie. */
  build(): Buffer {
    let end = this.#bytes.length;
    const bytes = Buffer.alloc(end + this.#texts.reduce((sum, { text }) => sum + text.length + 1, 0));
    bytes.set(this.#bytes);
    for (const { at, text } of this.#texts) {
      bytes.write(`${text}\0`, end, "latin1");
      bytes.writeUInt32LE(BASE + HEADER_BYTES + end, at);
      end += text.length + 1;
    }
    for (const { at, label } of this.#jumps) bytes.writeInt32LE((this.#labels.get(label) ?? 0) - at - 4, at);
    return bytes;
  }
}

/** An ELF file with one segment that may be read, written and run. */
export function elf(code: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("\x7fELF\x02\x01\x01", 0, "latin1");
  // Executable, x86-64, version, entry, program header's place.
  header.writeUInt16LE(2, 0x10);
  header.writeUInt16LE(62, 0x12);
  header.writeUInt32LE(1, 0x14);
  header.writeBigUInt64LE(BigInt(BASE + HEADER_BYTES), 0x18);
  header.writeBigUInt64LE(0x40n, 0x20);
  for (const [at, value] of [0x40, 0x38, 1].entries()) header.writeUInt16LE(value, 0x34 + 2 * at);
  header.writeUInt32LE(1, 0x40);
  header.writeUInt32LE(7, 0x44);
  header.writeBigUInt64LE(BigInt(BASE), 0x50);
  header.writeBigUInt64LE(BigInt(BASE), 0x58);
  header.writeBigUInt64LE(BigInt(HEADER_BYTES + code.length), 0x60);
  header.writeBigUInt64LE(BigInt(0x1000 + SCRATCH_BYTES), 0x68);
  header.writeBigUInt64LE(0x1000n, 0x70);
  return Buffer.concat([header, code]);
}

/** The archive of an image with one program, as a job would bring it; the folders are empty. */
export function imageOf(program: Buffer, folders: readonly string[] = []): Uint8Array {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const entries = [...folders.map((name) => ({ name, isFolder: true })), { name: "probe", content: elf(program) }];
  const layer = Buffer.concat([...tarOf(entries)]);
  const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  const config = text({
    architecture: "amd64",
    os: "linux",
    config: { Entrypoint: ["/probe"] },
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const manifest = text([{ Config: "config.json", RepoTags: null, Layers: ["layer.tar"] }]);
  const files = [
    { name: "manifest.json", content: manifest },
    { name: "config.json", content: config },
    { name: "layer.tar", content: layer },
  ];
  return Buffer.concat([...tarOf(files)]);
}
