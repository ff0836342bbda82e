// The system calls of a container: the same as those of a process, in the words of Docker.
import { allowedNames } from "../process/seccomp/syscalls.ts";

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NAMESPACE_FLAGS = 0x7e02_0000;
const AF_UNIX = 1;
const ENOSYS = 38;

/** A profile for `SecurityOpt: ["seccomp=..."]`. What isn't allowed is refused with EPERM. */
export function seccompProfile(): string {
  const allow = "SCMP_ACT_ALLOW";
  return JSON.stringify({
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [
      // A container has no terminal, so that none of these can type into one.
      { names: [...allowedNames(), "ioctl"], action: allow },
      {
        names: ["clone"],
        action: allow,
        args: [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
      // Its flags lie in memory, where a filter can't look: the C library then falls back to clone.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
      // AF_VSOCK works in any network namespace, so the family is what must be checked.
      { names: ["socket", "socketpair"], action: allow, args: [{ index: 0, value: AF_UNIX, op: "SCMP_CMP_EQ" }] },
    ],
  });
}
