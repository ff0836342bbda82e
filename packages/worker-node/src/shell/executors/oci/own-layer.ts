// The layer that is laid over every image before Docker gets it: the files in which Docker looks users up are ours.
import { inMemory } from "../stored.ts";
import { type Layer, lookThrough } from "./layers.ts";
import { tarOf } from "./tar.ts";

/**
 * Docker looks up even a number among the names in an image's /etc/passwd and /etc/group first: a user that is called 1900000001 there, with
 * the id 0, would make root of a task. These are the same on every machine, so that no answer depends on who computed it.
 */
const users = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n";
const groups = "root:x:0:\nnogroup:x:65534:\n";

let made: Promise<Layer> | undefined;

/** The layer; to be the last one of an image. */
export function ownLayer(): Promise<Layer> {
  const file = (name: string, text: string) => ({ name, content: new TextEncoder().encode(text), mode: 0o644 });
  made ??= layerOf([{ name: "etc", isFolder: true }, file("etc/passwd", users), file("etc/group", groups)]);
  return made;
}

async function layerOf(entries: Parameters<typeof tarOf>[0]): Promise<Layer> {
  const archive = Buffer.concat([...tarOf(entries)]);
  return await lookThrough(inMemory(archive), archive.length * 100);
}
