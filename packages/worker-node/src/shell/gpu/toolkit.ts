// Which version of NVIDIA's container toolkit is here: part of what results of the class `gpu` are pinned by.
import { callTool } from "../probe/tool.ts";

/** Each prints its version, the newest of them first. */
const tools = ["nvidia-ctk", "nvidia-container-runtime-hook", "nvidia-container-cli"] as const;

/** The version, or `unknown` where none of its tools tells one; never rejects. */
export async function toolkitVersion(signal: AbortSignal): Promise<string> {
  for (const command of tools) {
    const answer = await callTool({ command, args: ["--version"], signal });
    const version = answer.kind === "said" ? toolkitVersionIn(answer.output) : null;
    if (version !== null) return version;
  }
  return "unknown";
}

/**
 * The first version that may be given strangers' images. CVE-2025-23266: hooks of those up to 1.17.7 run as root of the machine with a
 * container's environment and its files before them, so that `LD_PRELOAD` of an image loads its library there; CVE-2024-0132 and
 * CVE-2025-23359, which are older, are mended in it too. https://nvd.nist.gov/vuln/detail/CVE-2025-23266
 */
export const toolkitVersionMin = "1.17.8";

/** Why containers of strangers are given no GPU by a toolkit of this version, or null where they may be. */
export function toolkitProblem(version: string): string | null {
  const [, numbers, rest = ""] = /^(\d+(?:\.\d+)*)(.*)$/.exec(version) ?? [];
  const why = `up to 1.17.7 an image can do as root of this machine does (CVE-2025-23266); ${toolkitVersionMin} or newer is needed`;
  if (numbers === undefined)
    return `no tool tells the version of NVIDIA's container toolkit (nvidia-ctk --version): ${why}`;
  const order = numbers.localeCompare(toolkitVersionMin, "en", { numeric: true });
  // What comes before a release has a name behind its numbers.
  const isOlder = order < 0 || (order === 0 && /^[-~.]?(rc|alpha|beta)/.test(rest));
  return isOlder ? `NVIDIA's container toolkit is ${version}: ${why}` : null;
}

/** The version in what a tool of the toolkit prints, or null. */
export function toolkitVersionIn(output: string): string | null {
  return /version:?\s+v?(\d+(?:\.\d+){1,3}[\w.~+-]*)/i.exec(output)?.[1] ?? null;
}
