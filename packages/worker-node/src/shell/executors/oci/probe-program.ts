// The image with which a machine shows that containers are contained: one program of a few hundred bytes, assembled here, so that it needs no
// registry and no files of the machine. Without arguments it looks around itself, with one it takes more memory than it may.
import { createHash } from "node:crypto";
import { tarOf } from "./tar.ts";

/** Where the program lies in its own memory. */
const BASE = 0x40_0000;
const HEADER_BYTES = 0x78;
/** Room behind it, for what it reads and computes. */
const SCRATCH_BYTES = 0x4000;
const READ_BYTES = 4_096;
/** What it takes. */
const GREEDY_BYTES = 64 * 1024 * 1024;
const NUMBERS = 64;
/** Of two approximations, in single precision. */
const NUMBER_BYTES = 8;

const call = { read: 0, write: 1, open: 2, mmap: 9, exit: 60 } as const;
const O_WRONLY_CREAT = 0x41;

/** Machine code with jumps by label and texts by address. */
class Code {
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

/** Behind everything. */
const SCRATCH = BASE + 0x1000;

const jne = [0x0f, 0x85];
const jle = [0x0f, 0x8e];
const jl = [0x0f, 0x8c];
const js = [0x0f, 0x88];

/** Copies a file to standard output; its descriptor is kept in ebx. */
function copies(code: Code, path: string): void {
  code.text(path).call(call.open, 0, 0).put(0x89, 0xc3);
  code.label(`${path}:more`).put(0x89, 0xdf).call(call.read, SCRATCH, READ_BYTES);
  code.put(0x85, 0xc0).jump(jle, `${path}:end`);
  // mov edx, eax; mov edi, 1; mov esi, scratch; mov eax, write
  code.put(0x89, 0xc2).with32([0xbf], 1).with32([0xbe], SCRATCH).with32([0xb8], call.write).put(0x0f, 0x05);
  code.jump([0xe9], `${path}:more`).label(`${path}:end`);
}

/** Approximate roots and reciprocals, which differ between makers of processors, written to /out/numbers. */
function computes(code: Code): void {
  // mov ebp, 1; mov ebx, scratch
  code.with32([0xbd], 1).with32([0xbb], SCRATCH).label("number");
  // cvtsi2ss xmm0, ebp; rsqrtss xmm1, xmm0; rcpss xmm2, xmm0
  code.put(0xf3, 0x0f, 0x2a, 0xc5, 0xf3, 0x0f, 0x52, 0xc8, 0xf3, 0x0f, 0x53, 0xd0);
  // movss [rbx], xmm1; movss [rbx + 4], xmm2; add rbx, 8; inc ebp; cmp ebp, NUMBERS + 1
  code.put(0xf3, 0x0f, 0x11, 0x0b, 0xf3, 0x0f, 0x11, 0x53, 0x04, 0x48, 0x83, 0xc3, NUMBER_BYTES);
  code.put(0xff, 0xc5, 0x83, 0xfd, NUMBERS + 1).jump(jl, "number");
  code.text("/out/numbers").call(call.open, O_WRONLY_CREAT, 0o644);
  // mov edi, eax
  code.put(0x89, 0xc7).call(call.write, SCRATCH, NUMBERS * NUMBER_BYTES);
}

function program(): Buffer {
  const code = new Code();
  // cmp qword [rsp], 1
  code.put(0x48, 0x83, 0x3c, 0x24, 0x01).jump(jne, "greedy");
  copies(code, "/proc/self/status");
  copies(code, "/proc/net/dev");
  code.text("/written").call(call.open, O_WRONLY_CREAT, 0o644).put(0x85, 0xc0).jump(js, "refused");
  // The text's address from edi to esi.
  code.text("root: written\n").put(0x89, 0xfe).with32([0xbf], 1).with32([0xba], 14).with32([0xb8], call.write);
  code.put(0x0f, 0x05).label("refused");
  computes(code);
  code.put(0x31, 0xff).call(call.exit, 0, 0);
  code.label("greedy");
  // xor edi, edi; mov r10d, MAP_PRIVATE | MAP_ANONYMOUS; mov r8, -1; xor r9, r9
  code.put(0x31, 0xff).with32([0x41, 0xba], 0x22).put(0x49, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff, 0x4d, 0x31, 0xc9);
  code
    .call(call.mmap, GREEDY_BYTES, 3)
    .with32([0xb9], GREEDY_BYTES / 4_096)
    .label("page");
  // mov byte [rax], 1; add rax, 4096; dec ecx
  code.put(0xc6, 0x00, 0x01).with32([0x48, 0x05], 4_096).put(0xff, 0xc9).jump(jne, "page");
  return code.put(0x31, 0xff).call(call.exit, 0, 0).build();
}

/** An ELF file with one segment that may be read, written and run. */
function elf(code: Buffer): Buffer {
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

/** The image's archive, as a job would bring it. */
export function probeImage(): Uint8Array {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const layer = Buffer.concat([...tarOf([{ name: "probe", content: elf(program()) }])]);
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
