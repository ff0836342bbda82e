// Debian packages that a test needs: CI's machine is given them, on anybody's own machine they are there or they are not.
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Test files run side by side: one installs, the others wait for it and then find what they need. */
const LOCK = join(tmpdir(), "starling-tests-apt.lock");
/** Made when nothing could be had. A machine without a mirror must not hold up every file that asks. */
const FAILED = join(tmpdir(), "starling-tests-apt.failed");

/** Given the marker of failure, then the packages. A failure is believed for half an hour; what comes is bounded in seconds. */
const INSTALL = `
failed=$1; shift
dpkg-query -W "$@" >&2 && exit 0
[ -z "$(find "$failed" -mmin -30 2>/dev/null)" ] || exit 1
timeout 60 apt-get update -qq && timeout 600 apt-get install -y -qq --no-install-recommends "$@" && exit 0
touch "$failed"
exit 1
`;

/** Those of the packages that are not installed here, and could not be. */
export function missingPackages(names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0 || process.env.CI !== "true" || process.getuid?.() !== 0) return missing;
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync("flock", [LOCK, "sh", "-c", INSTALL, "sh", FAILED, ...missing], { stdio: "ignore", env });
  } catch {
    // What is still missing is told below.
  }
  return missing.filter((name) => !isInstalled(name));
}

function isInstalled(name: string): boolean {
  try {
    const found = execFileSync("dpkg-query", ["-W", "-f", "${Status}", name], { stdio: ["ignore", "pipe", "ignore"] });
    return found.toString().endsWith(" installed");
  } catch {
    return false;
  }
}
