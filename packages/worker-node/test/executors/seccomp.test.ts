// The system call filter, by an interpreter of its own: what each call is answered, argument by argument.
import { describe, expect, test } from "vitest";
import { seccompFilter } from "../../src/shell/executors/process/seccomp/filter.ts";

const X86_64 = 0xc000_003e;
const ALLOW = "allow";
const KILL = "kill";

/** A system call as the kernel shows it to a filter: the low halves of its first two arguments are all that this one may look at. */
interface Call {
  readonly call: number;
  readonly arch?: number;
  readonly first?: number;
  readonly second?: number;
}

/** Runs the filter as the kernel would; any other instruction than those it should have is an error. */
function answerTo({ call, arch = X86_64, first = 0, second = 0 }: Call): string {
  const program = Buffer.from(seccompFilter());
  const data = new Map([
    [0, call],
    [4, arch],
    [16, first],
    [24, second],
  ]);
  let loaded = 0;
  for (let at = 0; at < program.length / 8; ) {
    const [code, ifTrue, ifFalse, operand] = [
      program.readUInt16LE(at * 8),
      program.readUInt8(at * 8 + 2),
      program.readUInt8(at * 8 + 3),
      program.readUInt32LE(at * 8 + 4),
    ];
    at += 1;
    if (code === 0x06) return answerName(operand);
    if (code === 0x20) {
      const value = data.get(operand);
      if (value === undefined) throw new Error(`loads from ${operand}`);
      loaded = value;
      continue;
    }
    const holds = { 21: loaded === operand, 53: loaded >= operand, 69: (loaded & operand) !== 0 }[code];
    if (holds === undefined) throw new Error(`unknown instruction ${code}`);
    at += holds ? ifTrue : ifFalse;
  }
  throw new Error("the filter ends without an answer");
}

function answerName(operand: number): string {
  if (operand === 0x7fff_0000) return ALLOW;
  return operand === 0x8000_0000 ? KILL : `error ${operand - 0x0005_0000}`;
}

describe("the system call filter", () => {
  test.each([
    ["read", 0],
    ["mmap", 9],
    ["execve", 59],
    ["setresuid", 117],
    ["getrandom", 318],
    ["futex_waitv", 449],
  ])("allows %s", (_name, call) => {
    expect(answerTo({ call })).toBe(ALLOW);
  });

  test.each([
    ["ptrace", 101],
    ["syslog", 103],
    ["mknod", 133],
    ["personality", 135],
    ["pivot_root", 155],
    ["chroot", 161],
    ["mount", 165],
    ["init_module", 175],
    ["keyctl", 250],
    ["mknodat", 259],
    ["unshare", 272],
    ["perf_event_open", 298],
    ["open_by_handle_at", 304],
    ["setns", 308],
    ["process_vm_readv", 310],
    ["bpf", 321],
    ["userfaultfd", 323],
    ["io_uring_setup", 425],
    ["fsopen", 430],
    ["pidfd_getfd", 438],
  ])("refuses %s", (_name, call) => {
    expect(answerTo({ call })).toBe("error 1");
  });

  test("answers newer calls, and clone3, as a kernel without them", () => {
    for (const call of [435, 451, 600]) expect(answerTo({ call })).toBe("error 38");
  });

  test("lets clone make threads and processes, and no namespace", () => {
    expect(answerTo({ call: 56, first: 0x003d_0f00 })).toBe(ALLOW);
    for (const flag of [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000])
      expect(answerTo({ call: 56, first: flag | 17 })).toBe("error 1");
  });

  test("lets sockets be of the family of files only", () => {
    for (const call of [41, 53]) {
      expect(answerTo({ call, first: 1 })).toBe(ALLOW);
      for (const family of [2, 10, 16, 17, 40]) expect(answerTo({ call, first: family })).toBe("error 97");
    }
  });

  test("lets no program type into a terminal", () => {
    expect(answerTo({ call: 16, second: 0x5401 })).toBe(ALLOW);
    for (const request of [0x5412, 0x541c]) expect(answerTo({ call: 16, second: request })).toBe("error 1");
  });

  test("kills whoever comes by another way: 32 bit, x32, another processor", () => {
    for (const arch of [0x4000_0003, 0xc000_00b7]) expect(answerTo({ call: 0, arch })).toBe(KILL);
    expect(answerTo({ call: 0x4000_0000 })).toBe(KILL);
  });
});
