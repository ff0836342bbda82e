// Made-up GPUs for a real Docker: what NVIDIA's container toolkit, a CDI specification or a folder of device nodes would do, with nodes of /dev/null.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalGpu } from "../../src/shell/executors/oci/gpu/ways.ts";

/** Two GPUs of NVIDIA. */
export const nvidiaGpus: readonly LocalGpu[] = [0, 1].map((number) => ({
  gpu: {
    vendor: "nvidia",
    model: "Made-up GPU",
    vramBytes: 2 ** 34,
    arch: "sm_90",
    driver: "580.1",
    uuid: `GPU-0000000${number}-aaaa-bbbb-cccc-dddddddddddd`,
  },
  place: String(number),
}));

/** Two of AMD. */
export const amdGpus: readonly LocalGpu[] = [0, 1].map((number) => ({
  gpu: {
    vendor: "amd",
    model: "Made-up GPU",
    vramBytes: 2 ** 34,
    arch: "gfx90a",
    driver: "6.7",
    uuid: `AMD-0${number}`,
  },
  place: `0000:0${number}:00.0`,
}));

/** Who may open AMD's nodes. */
const RENDER_GROUP = 4_242;

/** A folder for a file of tests; `remove` it. */
export function standInFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "gpu-stand-in-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A tool that says what a script says. */
export function standInTool(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What Docker starts where it was asked for device requests: it makes the nodes of those GPUs that the container was given, as NVIDIA's does. */
const hook = `set -e
state=$(cat)
pid=$(printf %s "$state" | grep -o '"pid":[0-9]*' | grep -o '[0-9]*')
bundle=$(printf %s "$state" | grep -o '"bundle":"[^"]*"' | cut -d '"' -f 4)
root=$(grep -o '"root":{"path":"[^"]*"' "$bundle/config.json" | cut -d '"' -f 6)
given=$(grep -o '"NVIDIA_VISIBLE_DEVICES=[^"]*"' "$bundle/config.json" | tail -n 1 | cut -d '"' -f 2 | cut -d = -f 2)
[ -n "$given" ] || exit 0
[ "$given" != all ] || given=GPU-00000000,GPU-00000001
inside() { nsenter --mount="/proc/$pid/ns/mnt" "$@"; }
for node in nvidiactl nvidia-uvm; do inside mknod -m 666 "$root/dev/$node" c 1 3; done
for gpu in $(printf %s "$given" | tr , ' '); do
  number=$(printf %s "$gpu" | cut -c 12)
  inside mknod -m 666 "$root/dev/nvidia$number" c 1 3
done
`;

/** A folder of programs for Docker with the stand-in for the hook of NVIDIA's container toolkit; what tells the toolkit's version lies in `folder`. */
export function toolkit(folder: string): string {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  standInTool(programs, "nvidia-container-runtime-hook", hook);
  standInTool(folder, "nvidia-ctk", "echo 'NVIDIA Container Toolkit CLI version 1.17.8'");
  return programs;
}

/** A folder with a CDI specification, in which GPUs have these names. */
export function cdiSpecification(folder: string, nameOf: (gpu: LocalGpu) => string): string {
  const specs = join(folder, "cdi");
  mkdirSync(specs);
  const node = (name: string) => ({ path: `/dev/${name}`, hostPath: "/dev/null", permissions: "rw" });
  const specification = {
    cdiVersion: "0.5.0",
    kind: "nvidia.com/gpu",
    devices: nvidiaGpus.map((one) => ({
      name: nameOf(one),
      containerEdits: { deviceNodes: [node(`nvidia${one.place}`)], env: [`MADE_UP_GPU=${one.gpu.uuid}`] },
    })),
    containerEdits: { deviceNodes: [node("nvidiactl"), node("nvidia-uvm")] },
  };
  writeFileSync(join(specs, "nvidia.json"), JSON.stringify(specification));
  return specs;
}

/** Where Linux would show AMD's GPUs: nodes that only members of a group may open. */
export function amdFolders(folder: string): { readonly pci: string; readonly dev: string } {
  const [pci, dev] = [join(folder, "pci"), join(folder, "dev")];
  mkdirSync(join(dev, "dri"), { recursive: true });
  const nodes = ["kfd"];
  for (const [i, { place }] of amdGpus.entries()) {
    nodes.push(`dri/renderD${128 + i}`);
    mkdirSync(join(pci, place, "drm", `renderD${128 + i}`), { recursive: true });
  }
  for (const node of nodes) {
    execFileSync("mknod", ["-m", "660", join(dev, node), "c", "1", "3"]);
    execFileSync("chown", [`0:${RENDER_GROUP}`, join(dev, node)]);
  }
  return { pci, dev };
}
