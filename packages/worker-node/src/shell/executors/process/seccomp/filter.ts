// The seccomp filter of a sandbox: classic BPF, put together here so that nothing native has to be built or shipped.
import { allowedCalls, judgedCalls, newestCall } from "./syscalls.ts";

/** Offsets in `struct seccomp_data`: the call's number, the architecture, and the low halves of its first two arguments. */
const field = { call: 0, arch: 4, first: 16, second: 24 } as const;

/** Answers of the filter; an error number stands in the low half of `refuse`. */
const answer = { kill: 0x8000_0000, refuse: 0x0005_0000, allow: 0x7fff_0000 } as const;

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

const AUDIT_ARCH_X86_64 = 0xc000_003e;
/** Numbers from here on are the calls of the x32 ABI, another way to the same kernel. */
const X32_CALLS = 0x4000_0000;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NAMESPACE_FLAGS = 0x7e02_0000;
const AF_UNIX = 1;
/** They put characters into a terminal's input, as if its user had typed them. */
const typingRequests = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c } as const;

/** One instruction: opcode, jumps if true and if false, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const jumpIfEqual = (value: number, ifTrue: number, ifFalse: number): Instruction => [0x15, ifTrue, ifFalse, value];
const jumpIfAtLeast = (value: number, ifTrue: number, ifFalse: number): Instruction => [0x35, ifTrue, ifFalse, value];
const jumpIfAnyBit = (bits: number, ifTrue: number, ifFalse: number): Instruction => [0x45, ifTrue, ifFalse, bits];
const end = (value: number): Instruction => [0x06, 0, 0, value];
const refuse = (number: number): Instruction => end(answer.refuse + number);

const INSTRUCTION_BYTES = 8;

/**
 * The filter's bytes for `bwrap --seccomp`. It knows x86-64 only; any other architecture's calls kill. `chroot` is for what goes into a
 * task's own root before the program is started; without the capability that it gives up there, the kernel refuses the call.
 */
export function seccompFilter({ chroot = false } = {}): Uint8Array {
  const program = instructions(chroot ? [...allowedCalls(), judgedCalls.chroot].sort((a, b) => a - b) : allowedCalls());
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  for (const [i, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    const at = i * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(operand, at + 4);
  }
  return bytes;
}

function instructions(calls: readonly number[]): readonly Instruction[] {
  return [
    load(field.arch),
    jumpIfEqual(AUDIT_ARCH_X86_64, 1, 0),
    end(answer.kill),
    load(field.call),
    jumpIfAtLeast(X32_CALLS, 0, 1),
    end(answer.kill),
    ...rangesOf(calls).flatMap(allowRange),
    ...judged(judgedCalls.clone, [
      load(field.first),
      jumpIfAnyBit(NAMESPACE_FLAGS, 0, 1),
      refuse(errno.EPERM),
      end(answer.allow),
    ]),
    // Its flags lie in memory, where a filter can't look: the C library then falls back to clone.
    ...judged(judgedCalls.clone3, [refuse(errno.ENOSYS)]),
    // AF_VSOCK works in any network namespace, so the family is what must be checked.
    ...[judgedCalls.socket, judgedCalls.socketpair].flatMap((call) =>
      judged(call, [load(field.first), jumpIfEqual(AF_UNIX, 1, 0), refuse(errno.EAFNOSUPPORT), end(answer.allow)]),
    ),
    ...judged(judgedCalls.ioctl, [
      load(field.second),
      jumpIfEqual(typingRequests.TIOCSTI, 1, 0),
      jumpIfEqual(typingRequests.TIOCLINUX, 0, 1),
      refuse(errno.EPERM),
      end(answer.allow),
    ]),
    // Programs try what is new and fall back; what is old and refused is told as such.
    jumpIfAtLeast(newestCall + 1, 0, 1),
    refuse(errno.ENOSYS),
    refuse(errno.EPERM),
  ];
}

/** Instructions for one call; they end with an answer. */
function judged(call: number, verdict: readonly Instruction[]): readonly Instruction[] {
  return [jumpIfEqual(call, 0, verdict.length), ...verdict];
}

function allowRange({ first, last }: Range): readonly Instruction[] {
  return [jumpIfAtLeast(first, 0, 2), jumpIfAtLeast(last + 1, 1, 0), end(answer.allow)];
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Neighbours together: a third of the instructions. */
function rangesOf(numbers: readonly number[]): readonly Range[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const open = ranges.at(-1);
    if (open !== undefined && open.last + 1 >= number) open.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}
