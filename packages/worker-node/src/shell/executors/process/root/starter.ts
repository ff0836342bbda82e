// The last step before a program that has a root file system of its own: it goes into that root, gives up root's user and all capabilities, and
// starts the program. It is machine code without libraries, since from that root nothing may be run as root: all in it is the stranger's.
import { Code, elf } from "../../oci/machine-code.ts";

/** Where the sandbox has the task's root file system until the starter goes into it. */
export const INSIDE = "/inside";

/** Exit statuses, as shells have them: the program can't be started, and what comes before it was refused. */
const NOT_STARTED = 126;
const REFUSED = 125;

const call = { write: 1, execve: 59, exit: 60, chdir: 80, setgroups: 116, setresuid: 117, setresgid: 119, prctl: 157 };
const CHROOT = 161;
const PR_CAPBSET_DROP = 24;
/** CAP_SETGID, CAP_SETUID, CAP_SYS_CHROOT and, with which the others are dropped, CAP_SETPCAP. */
const CAPABILITIES = [6, 7, 18, 8];

const jne = [0x0f, 0x85];
const je = [0x0f, 0x84];
const jmp = [0xe9];
const stderr = 2;

const NO_PROGRAM =
  "the root file system lacks what the program's first line or its loader names, or it is none for it\n";

/** The starter for tasks of one user. Its arguments are variables, an empty one, the program and the program's arguments. */
export function starter(uid: number): Uint8Array {
  const code = new Code();
  const call32 = (number: number): Code => code.with32([0xb8], number).put(0x0f, 0x05);
  // test eax, eax: whatever is refused ends it.
  const must = (): Code => code.put(0x85, 0xc0).jump(jne, "refused");
  code.text(INSIDE);
  call32(CHROOT);
  must();
  code.text("/");
  call32(call.chdir);
  must();
  for (const capability of CAPABILITIES) {
    code.with32([0xbf], PR_CAPBSET_DROP).with32([0xbe], capability);
    call32(call.prctl);
    must();
  }
  // xor edi, edi; xor esi, esi: no groups.
  code.put(0x31, 0xff, 0x31, 0xf6);
  call32(call.setgroups);
  must();
  for (const number of [call.setresgid, call.setresuid]) {
    code.with32([0xbf], uid).with32([0xbe], uid).with32([0xba], uid);
    call32(number);
    must();
  }
  starts(code);
  code.text(NO_PROGRAM).put(0x89, 0xfe).with32([0xbf], stderr).with32([0xba], NO_PROGRAM.length);
  call32(call.write);
  code.with32([0xbf], NOT_STARTED);
  call32(call.exit);
  code.label("refused").with32([0xbf], REFUSED);
  call32(call.exit);
  return elf(code.build());
}

/** Its arguments stand on the stack as the kernel takes them: those up to the empty one are made the environment by ending them there. */
function starts(code: Code): void {
  // lea rbx, [rsp + 16]; mov rdx, rbx
  code.put(0x48, 0x8d, 0x5c, 0x24, 0x10, 0x48, 0x89, 0xda).label("word");
  // mov rax, [rbx]; test rax, rax
  code.put(0x48, 0x8b, 0x03, 0x48, 0x85, 0xc0).jump(je, "refused");
  // cmp byte [rax], 0
  code.put(0x80, 0x38, 0x00).jump(je, "program");
  // add rbx, 8
  code.put(0x48, 0x83, 0xc3, 0x08).jump(jmp, "word");
  // mov qword [rbx], 0; lea rsi, [rbx + 8]; mov rdi, [rsi]; execve
  code.label("program").put(0x48, 0xc7, 0x03, 0, 0, 0, 0, 0x48, 0x8d, 0x73, 0x08, 0x48, 0x8b, 0x3e);
  code.with32([0xb8], call.execve).put(0x0f, 0x05);
}
