// Images made from scratch for the tests: layers of files of this machine's Debian packages, and archives as `docker save` and OCI write them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type NewEntry, tarOf } from "../../src/shell/executors/oci/tar.ts";

/** What an image is made of. */
export interface ImageParts {
  readonly layers: readonly Uint8Array[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** SHA-256 in the form of image digests. */
function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A layer of files, with the folders that they lie in: Docker makes those that aren't named for root alone. */
export function layer(entries: readonly NewEntry[]): Uint8Array {
  const folders = new Set<string>();
  for (const { name } of entries)
    for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
  return Buffer.concat([...tarOf([...[...folders].map((name) => ({ name, isFolder: true })), ...entries])]);
}

function configOf({ layers, config = {}, platform = { os: "linux", architecture: "amd64" } }: ImageParts): Uint8Array {
  return text({ ...platform, config, rootfs: { type: "layers", diff_ids: layers.map(digestOf) } });
}

/** An archive as `docker save` writes it, under a name where one is given. */
export function savedImage(parts: ImageParts, name?: string): Uint8Array {
  const manifest = [
    {
      Config: "config.json",
      RepoTags: name === undefined ? null : [name],
      Layers: parts.layers.map((_, i) => `${i}/layer.tar`),
    },
  ];
  return layer([
    ...parts.layers.map((content, i) => ({ name: `${i}/layer.tar`, content })),
    { name: "config.json", content: configOf(parts) },
    { name: "manifest.json", content: text(manifest) },
  ]);
}

/** The same as an OCI layout, with its layers packed by `pack`. */
export function layoutImage(parts: ImageParts, pack: (layer: Uint8Array) => Uint8Array): Uint8Array {
  const blobs: NewEntry[] = [];
  const descriptor = (content: Uint8Array): { readonly digest: string; readonly size: number } => {
    const digest = digestOf(content);
    blobs.push({ name: `blobs/${digest.replace(":", "/")}`, content });
    return { digest, size: content.length };
  };
  const manifest = text({
    schemaVersion: 2,
    config: descriptor(configOf(parts)),
    layers: parts.layers.map((one) => descriptor(pack(one))),
  });
  const index = text({ schemaVersion: 2, manifests: [descriptor(manifest)] });
  return layer([
    ...blobs,
    { name: "oci-layout", content: text({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", content: index },
  ]);
}

let shellLayer: Uint8Array | undefined;

/** Busybox as a shell with its usual tools; Debian's busybox-static. */
export function busybox(): Uint8Array {
  const applets = [
    "cat",
    "printf",
    "tail",
    "head",
    "ls",
    "id",
    "wc",
    "grep",
    "kill",
    "sleep",
    "echo",
    "mkdir",
    "ln",
    "hostname",
    "truncate",
    "rm",
    "setsid",
  ];
  shellLayer ??= layer([
    { name: "bin/sh", content: readFileSync("/bin/busybox") },
    ...applets.map((name) => ({ name: `bin/${name}`, link: "sh" })),
  ]);
  return shellLayer;
}

let perlLayers: readonly Uint8Array[] | undefined;

/** Debian's Perl with its own modules and the libraries that it is linked to. */
export function perl(): readonly Uint8Array[] {
  const linked = execFileSync("ldd", ["/usr/bin/perl"]).toString();
  const libraries = [...linked.matchAll(/(\/lib\S+) \(0x/g)].map(([, path = ""]) => path);
  const listed = execFileSync("dpkg", ["-L", "perl-base"]).toString().split("\n");
  const modules = listed.filter((path) => path.includes("/perl-base/") && statSync(path).isFile());
  const files = ["/usr/bin/perl", ...libraries, ...modules];
  perlLayers ??= [layer(files.map((path) => ({ name: path.slice(1), content: readFileSync(path) })))];
  return perlLayers;
}

/** An image whose program is a Perl script. */
export function perlImage(program: Uint8Array): Uint8Array {
  const layers = [...perl(), layer([{ name: "program", content: program }])];
  return savedImage({ layers, config: { Entrypoint: ["/program"] } });
}

/** An image whose program is a shell script, with more files where there are any. */
export function shellImage(
  script: string,
  config: Readonly<Record<string, unknown>> = {},
  files: readonly NewEntry[] = [],
): Uint8Array {
  return savedImage(shellParts(script, config, files));
}

/** What such an image is made of. */
export function shellParts(
  script: string,
  config: Readonly<Record<string, unknown>>,
  files: readonly NewEntry[] = [],
): ImageParts {
  const content = new TextEncoder().encode(`#!/bin/sh\n${script}\n`);
  const layers = [busybox(), layer([{ name: "program", content }, ...files])];
  return { layers, config: { Entrypoint: ["/program"], ...config } };
}
