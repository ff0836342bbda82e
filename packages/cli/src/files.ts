// Files that a user names, read with a sentence about what is wrong with them.
import { readFile } from "node:fs/promises";
import { type NetworkFile, parseNetworkFile } from "@starling/protocol";
import { reasonOf, StarlingError } from "@starling/sdk";
import type { Context } from "./context.ts";

/** The network file that an option names, or the client file. Throws `StarlingError` when there is none, or it is malformed. */
export async function trustedNetwork(context: Context, given: unknown): Promise<NetworkFile> {
  const path = typeof given === "string" ? given : (await context.file()).network;
  if (path === undefined)
    throw new StarlingError("configuration", "no network to check against: name its file with --trust network.json");
  const parsed = parseNetworkFile(await readText(path, "network file"));
  if (!parsed.ok) throw new StarlingError("configuration", `${path} is not a network file: ${parsed.problem}`);
  return parsed.network;
}

/** A file as text; throws `StarlingError` that names what the file was to be. */
export async function readText(path: string, what: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StarlingError("invalidArgument", `cannot read the ${what} ${path}: ${reasonOf(cause)}`, { cause });
  });
}
