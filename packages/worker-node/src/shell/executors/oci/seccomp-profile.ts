// The system calls of a container: the same as those of a process, in the words of Docker.
import { allowedNames } from "../process/seccomp/syscalls.ts";

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NAMESPACE_FLAGS = 0x7e02_0000;
const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
/** Of a socket's type, without the flags that may stand beside it. */
const SOCK_TYPE_MASK = 0xf;
/** Of a stream over IPv4: unsaid, and TCP's own number. There are others (SCTP, MPTCP, SMC), each another part of the kernel. */
const TCP_PROTOCOLS = [0, 6];
const ENOSYS = 38;

/** To the proxy in its own network; there is nothing else that such a socket could reach. */
const tcp = TCP_PROTOCOLS.map((protocol) => ({
  names: ["socket"],
  action: "SCMP_ACT_ALLOW",
  args: [
    { index: 0, value: AF_INET, op: "SCMP_CMP_EQ" },
    { index: 1, value: SOCK_TYPE_MASK, valueTwo: SOCK_STREAM, op: "SCMP_CMP_MASKED_EQ" },
    { index: 2, value: protocol, op: "SCMP_CMP_EQ" },
  ],
}));

/** A profile for `SecurityOpt: ["seccomp=..."]`. What isn't allowed is refused with EPERM. */
export function seccompProfile({ reachesHosts }: { readonly reachesHosts: boolean }): string {
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
      ...(reachesHosts ? tcp : []),
    ],
  });
}
