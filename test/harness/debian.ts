// Debian packages that a test needs: CI's machine is given them, on anybody's own machine they are there or they are not.
import { execFileSync } from "node:child_process";

/** Installing takes longer than finding none. */
const INSTALL_LIMIT_MS = 300_000;

/** Those of the packages that are not installed here, and could not be. */
export function missingPackages(names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0 || process.env.CI !== "true" || process.getuid?.() !== 0) return missing;
  try {
    const options = { stdio: "ignore", timeout: INSTALL_LIMIT_MS } as const;
    execFileSync("apt-get", ["update", "-qq"], options);
    execFileSync("apt-get", ["install", "-y", "-qq", ...missing], options);
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
