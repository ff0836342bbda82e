// Debian packages that a test needs: CI's machine is given them, on anybody's own machine they are there or they are not.
import { execFileSync } from "node:child_process";

/** A machine without a mirror must not hold up all that comes after. */
const UPDATE_LIMIT_MS = 60_000;
const INSTALL_LIMIT_MS = 120_000;

/** Those of the packages that are not installed here, and could not be. */
export function missingPackages(names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0 || process.env.CI !== "true" || process.getuid?.() !== 0) return missing;
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore", timeout: UPDATE_LIMIT_MS });
    execFileSync("apt-get", ["install", "-y", "-qq", ...missing], { stdio: "ignore", timeout: INSTALL_LIMIT_MS });
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
