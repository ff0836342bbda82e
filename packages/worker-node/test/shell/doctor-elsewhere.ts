// The doctor's look at executors and user as a program of its own, so that a test can run it as somebody else.
import { checkExecutors, checkUser } from "../../src/shell/doctor/machine-checks.ts";

const settings = {
  allowProcess: true,
  allowRootfs: true,
  rootfsBytes: 1,
  allowImages: true,
  dockerSocket: "/nowhere/docker.sock",
  dockerRuntime: "runc",
  nvidiaSmi: "no-such-tool",
  rocmSmi: "no-such-tool",
};
const findings = [checkUser(settings), ...(await checkExecutors(settings, AbortSignal.timeout(60_000)))];
process.stdout.write(`${JSON.stringify(findings)}\n`);
