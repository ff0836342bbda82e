// A registry of the tests' own: Debian's docker-registry on this machine's loopback, and images put into it as anybody would push them.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImageName } from "@starling/protocol";
import type { ImageParts } from "./oci-images.ts";

const START_MS_MAX = 30_000;

/** Debian packages that it needs. */
export const registryPackages: readonly string[] = ["docker-registry"];

/** A running registry. */
export interface TestRegistry {
  /** Its host and port. */
  readonly host: string;
  /** Puts an image there, its layers packed; gives its name. */
  push(repository: string, parts: ImageParts): Promise<ImageName>;
  /** Ends it and removes all that it had. */
  stop(): Promise<void>;
}

/** Starts one on a port of its own; throws with the end of its log where it can't. */
export async function startRegistry(): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "registry-"));
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: "127.0.0.1:0" },
  };
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify(config));
  const words = ["--pdeathsig", "SIGTERM", "docker-registry", "serve", path];
  const daemon = spawn("setpriv", words, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const host = await listening(daemon);
    return { host, push: (repository, parts) => push({ host, repository }, parts), stop: () => stop(daemon, folder) };
  } catch (error) {
    await stop(daemon, folder);
    throw error;
  }
}

async function listening(daemon: ChildProcess): Promise<string> {
  let said = "";
  return await new Promise<string>((resolve, reject) => {
    const fail = (): void => reject(new Error(`docker-registry did not start: ${said.slice(-1_000)}`));
    const late = setTimeout(fail, START_MS_MAX);
    daemon.once("exit", fail);
    daemon.stderr?.on("data", (bytes: Buffer) => {
      said = (said + bytes).slice(-20_000);
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (host === undefined) return;
      clearTimeout(late);
      resolve(host);
    });
  });
}

async function stop(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const manifestType = "application/vnd.oci.image.manifest.v1+json";

async function push(
  { host, repository }: { readonly host: string; readonly repository: string },
  { layers, config = {}, platform = { os: "linux", architecture: "amd64" } }: ImageParts,
): Promise<ImageName> {
  const base = `http://${host}/v2/${repository}`;
  const put = async (bytes: Buffer, mediaType: string) => {
    const digest = digestOf(bytes);
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    const place = new URL(begun.headers.get("location") ?? "", base);
    place.searchParams.set("digest", digest);
    const type = { "content-type": "application/octet-stream" };
    const done = await fetch(place, { method: "PUT", headers: type, body: new Uint8Array(bytes) });
    if (!done.ok) throw new Error(`the registry refused a blob: ${done.status} ${await done.text()}`);
    return { mediaType, digest, size: bytes.length };
  };
  const rootfs = { type: "layers", diff_ids: layers.map(digestOf) };
  const configPart = await put(json({ ...platform, config, rootfs }), "application/vnd.oci.image.config.v1+json");
  const layerParts = [];
  for (const layer of layers)
    layerParts.push(await put(gzipSync(layer), "application/vnd.oci.image.layer.v1.tar+gzip"));
  const manifest = json({ schemaVersion: 2, mediaType: manifestType, config: configPart, layers: layerParts });
  const digest = digestOf(manifest);
  const headers = { "content-type": manifestType };
  const body = new Uint8Array(manifest);
  const done = await fetch(`${base}/manifests/${digest}`, { method: "PUT", headers, body });
  if (!done.ok) throw new Error(`the registry refused a manifest: ${done.status} ${await done.text()}`);
  return { registry: host, repository, digest };
}
