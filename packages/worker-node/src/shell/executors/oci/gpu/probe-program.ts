// The image with which a machine shows which device nodes a container really has: its program tries to open each path that it is given.
import { Code, call, imageOf, SCRATCH } from "../machine-code.ts";

const O_RDWR = 2;
/** Vendors' tools put drivers into folders that images of people have. */
const FOLDERS = ["dev", "etc", "lib64", "proc", "sys", "tmp", "usr", "usr/bin", "usr/lib", "usr/lib64"];

const je = [0x0f, 0x84];

/** Writes one character for each argument: 1 where it could be opened for reading and writing, else 0. */
function program(): Buffer {
  const code = new Code();
  // mov rbp, rsp; add rbp, 16: where the address of the first argument stands.
  code.put(0x48, 0x89, 0xe5, 0x48, 0x83, 0xc5, 0x10);
  // mov rdi, [rbp]; test rdi, rdi
  code.label("next").put(0x48, 0x8b, 0x7d, 0x00, 0x48, 0x85, 0xff).jump(je, "end");
  code.call(call.open, O_RDWR, 0);
  // shr eax, 31; xor eax, 1; add eax, "0"; mov edi, scratch; mov [rdi], al
  code.put(0xc1, 0xe8, 0x1f, 0x83, 0xf0, 0x01, 0x83, 0xc0, 0x30).with32([0xbf], SCRATCH).put(0x88, 0x07);
  // mov edi, 1; the call; add rbp, 8
  code.with32([0xbf], 1).call(call.write, SCRATCH, 1).put(0x48, 0x83, 0xc5, 0x08);
  code.jump([0xe9], "next").label("end");
  return code.put(0x31, 0xff).call(call.exit, 0, 0).build();
}

/** The image's archive. */
export function gpuProbeImage(): Uint8Array {
  return imageOf(program(), FOLDERS);
}
