// The attacks as WebAssembly: most of them have no call that they could be made with, the others meet fuel, caps and quotas.
import { i32 } from "../../../src/shell/executors/wasm/assembler.ts";
import {
  describeProgram,
  ENDLESS_LOOP,
  exitWith,
  manyFilesProgram,
  ProgramBuilder,
  sayingProgram,
} from "../programs.ts";
import { LIMITS } from "../support.ts";
import { type Attack, type AttackTable, failedBy } from "./attack.ts";

const PAGE_BYTES = 65_536;

const noCall = (what: string) => ({ impossible: `a program has no call that ${what}` });

/** Repeats code for ever. */
const forever = (code: readonly number[]): readonly number[] => [0x03, 0x40, ...code, 0x0c, 0x00, 0x0b];

/** Opens a path of the host below the root that it is given, and says what it reads. */
function reads(path: (canaryFile: string) => string): Attack {
  return {
    attempt: ({ canaryFile }) => {
      const program = new ProgramBuilder().open(path(canaryFile), false).read();
      const length = [...i32(16), 0x28, 2, 0];
      return { program: program.write(i32(1), 16_384, length).build() };
    },
    reached: (outcome, { canary }) => {
      if (outcome.kind === "infrastructure") return outcome.message;
      return outcome.log.includes(canary) || outcome.log.includes("root:")
        ? `it read ${outcome.log.slice(0, 100)}`
        : null;
    },
  };
}

/** What the wasm executor meets. */
export const wasmAttacks: AttackTable = {
  "fork bomb": noCall("makes processes or threads"),
  "memory in the program": {
    attempt: () => ({
      program: sayingProgram("", [
        ...i32(2 ** 30 / PAGE_BYTES),
        0x40,
        0,
        ...i32(-1),
        0x46,
        0x04,
        0x40,
        ...exitWith(9),
        0x0b,
      ]),
    }),
    reached: (outcome) => failedBy(outcome, "exit"),
  },
  "memory under /dev/shm and /tmp": { impossible: "there are no such folders" },
  "endless loop": {
    attempt: () => ({
      program: sayingProgram("", ENDLESS_LOOP),
      overrides: { limits: { ...LIMITS, fuel: 1_000_000 } },
    }),
    reached: (outcome) => failedBy(outcome, "outOfFuel"),
  },
  "daemonised child that ignores signals": noCall("makes processes"),
  "disk fill": {
    attempt: () => {
      const program = new ProgramBuilder().open("out/fill", true);
      return { program: program.write(program.opened, 0, i32(65_000)).write(program.opened, 0, i32(65_000)).build() };
    },
    reached: (outcome) => failedBy(outcome, "outputTooLarge"),
  },
  "inode fill": {
    attempt: () => ({ program: manyFilesProgram(200) }),
    reached: (outcome) => failedBy(outcome, "outputTooLarge"),
  },
  "the host's secret files and devices": reads(() => "../../../../etc/shadow"),
  "the host's readable files": reads((canaryFile) => `../../../..${canaryFile}`),
  "other processes' environment": {
    attempt: () => ({ program: describeProgram(), overrides: { outputs: [{ name: "env", path: "env" }] } }),
    reached: (outcome, { canary }) => {
      if (outcome.kind !== "completed") return outcome.kind;
      const text = new TextDecoder().decode(outcome.outputs[0]?.bytes);
      return text === "" && !text.includes(canary) ? null : `it saw ${text}`;
    },
  },
  "TCP to the host's loopback": noCall("makes sockets"),
  "the host's Unix sockets, by path and abstract": noCall("makes sockets"),
  vsock: noCall("makes sockets"),
  "killing other processes": noCall("sends signals"),
  "the kernel's surface: namespaces, io_uring, keys, bpf, perf, tracing, mounts": noCall("reaches the kernel"),
  "log flood": {
    attempt: () => {
      const program = new ProgramBuilder();
      program.add([...i32(8), ...i32(0), 0x36, 2, 0], [...i32(12), ...i32(60_000), 0x36, 2, 0]);
      program.add(forever([...i32(1), ...i32(8), ...i32(1), ...i32(16), 0x10, 2, 0x1a]));
      return { program: program.build(), overrides: { limits: { ...LIMITS, fuel: 100_000_000 } } };
    },
    reached: (outcome) => {
      const stopped = failedBy(outcome, "outOfFuel");
      if (stopped !== null || outcome.kind === "infrastructure") return stopped;
      return outcome.log.length <= LIMITS.logBytes + 100 ? null : `${outcome.log.length} kept`;
    },
  },
  "more CPU than one core": noCall("makes threads"),
  "hostile files among the outputs": noCall("makes links, pipes or devices"),
};
