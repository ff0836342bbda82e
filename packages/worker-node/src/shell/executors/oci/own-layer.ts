// The layer that is laid over every image before Docker gets it: the file in which Docker looks groups up is ours.
import { inMemory } from "../stored.ts";
import { type Layer, lookThrough } from "./layers.ts";
import { tarOf } from "./tar.ts";

/**
 * Docker looks up even a number among the names in an image's /etc/group first: a group that is called 1900000001 there, which takes a line of
 * these digits alone, would give a task the group of root. This file is the same on every machine, so that no answer depends on who computed it.
 * In /etc/passwd a number is a number.
 */
const groups = "root:x:0:\nnogroup:x:65534:\n";

let made: Promise<Layer> | undefined;

/** The layer; to be the last one of an image. */
export function ownLayer(): Promise<Layer> {
  const content = new TextEncoder().encode(groups);
  made ??= layerOf([
    { name: "etc", isFolder: true },
    { name: "etc/group", content, mode: 0o644 },
  ]);
  return made;
}

async function layerOf(entries: Parameters<typeof tarOf>[0]): Promise<Layer> {
  const archive = Buffer.concat([...tarOf(entries)]);
  return await lookThrough(inMemory(archive), 1_048_576);
}
