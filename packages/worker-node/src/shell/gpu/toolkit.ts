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

/** The version in what a tool of the toolkit prints, or null. */
export function toolkitVersionIn(output: string): string | null {
  return /version:?\s+v?(\d+(?:\.\d+){1,3}[\w.~+-]*)/i.exec(output)?.[1] ?? null;
}
