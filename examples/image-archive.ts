// Makes container images out of files, without Docker and without a registry: equal files make equal bytes, on every machine and day.
import { createHash } from "node:crypto";
import { type NewEntry, tarOf } from "@starling/worker-node/executors";

/** What an image is. */
export interface ImageParts {
  /** Files, links and folders by layer; a later layer covers those before it. */
  readonly layers: readonly (readonly NewEntry[])[];
  readonly entrypoint: readonly string[];
}

/** A part of an OCI layout, by its digest. */
interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const OCI = "application/vnd.oci.image";

/** An archive that is an OCI layout, and has the file by which older versions of `docker load` read it too. */
export function imageArchive({ layers, entrypoint }: ImageParts): Uint8Array {
  const files: NewEntry[] = [];
  const put = (mediaType: string, content: Uint8Array): Blob => {
    const hash = createHash("sha256").update(content).digest("hex");
    files.push({ name: blobName(hash), mode: 0o644, content });
    return { mediaType: `${OCI}.${mediaType}`, digest: `sha256:${hash}`, size: content.length };
  };
  const packed = layers.map((entries) => put("layer.v1.tar", Buffer.concat([...tarOf(withFolders(entries))])));
  const config = put(
    "config.v1+json",
    json({
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: entrypoint },
      rootfs: { type: "layers", diff_ids: packed.map(({ digest }) => digest) },
    }),
  );
  const manifest = put("manifest.v1+json", json({ schemaVersion: 2, config, layers: packed }));
  const nameOf = ({ digest }: Blob): string => blobName(digest.slice("sha256:".length));
  const saved = [{ Config: nameOf(config), RepoTags: null, Layers: packed.map(nameOf) }];
  const index = { schemaVersion: 2, manifests: [manifest] };
  const own = { "oci-layout": { imageLayoutVersion: "1.0.0" }, "index.json": index, "manifest.json": saved };
  for (const [name, value] of Object.entries(own)) files.push({ name, mode: 0o644, content: json(value) });
  return Buffer.concat([...tarOf(withFolders(files))]);
}

/** The folders that files lie in stand before them: what unpacks the archive would make them for root alone. */
function withFolders(entries: readonly NewEntry[]): readonly NewEntry[] {
  const folders = new Set<string>();
  for (const { name } of entries)
    for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
  return [...[...folders].map((name) => ({ name, isFolder: true })), ...entries];
}

function blobName(hash: string): string {
  return `blobs/sha256/${hash}`;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
