// The image with which a machine shows that containers are contained: one program of a few hundred bytes. Without arguments it looks around
// itself, with one it takes more memory than it may.
import { Code, call, elf, imageOf, SCRATCH } from "./machine-code.ts";

const READ_BYTES = 4_096;
/** What it takes. */
const GREEDY_BYTES = 64 * 1024 * 1024;
const NUMBERS = 64;
/** Of two approximations, in single precision. */
const NUMBER_BYTES = 8;

const O_WRONLY_CREAT = 0x41;

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

/** The program alone. */
export function probeProgram(): Buffer {
  return elf(program());
}

/** The image's archive. */
export function probeImage(): Uint8Array {
  return imageOf(program());
}
