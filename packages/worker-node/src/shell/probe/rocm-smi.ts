// AMD accelerators as `rocm-smi` reports them with --json. The names of its fields are from ROCm's public documentation and from outputs
// that owners have shown: they were not recorded on a machine of ours. ROCm 5 tells no architecture, so its cards are not advertised.
import type { Accelerator } from "@starling/protocol";

/** The arguments that make the tool print one object for each card. */
export const rocmSmiArguments: readonly string[] = [
  "--showproductname",
  "--showuniqueid",
  "--showdriverversion",
  "--showbus",
  "--showmeminfo",
  "vram",
  "--json",
];

/** Reads the tool's output. A card whose memory, architecture or name cannot be read is left out, as with NVIDIA's. */
export function parseRocmSmi(output: string): Accelerator[] {
  const said = readJson(output);
  const driver = field(part(said, "system"), "Driver version") ?? "";
  const accelerators: Accelerator[] = [];
  for (const [name, card] of Object.entries(said)) {
    if (!/^card\d+$/.test(name) || !isObject(card)) continue;
    const vram = field(card, "VRAM Total Memory (B)") ?? "";
    const arch = field(card, "GFX Version") ?? "";
    const id = field(card, "Unique ID") ?? "";
    const model = field(card, "Card Series") ?? "";
    if (!/^\d{1,15}$/.test(vram) || !/^gfx[0-9a-f]+$/.test(arch) || !/^0x[0-9a-f]+$/i.test(id)) continue;
    if (driver === "" || model === "") continue;
    accelerators.push({ vendor: "amd", model, vramBytes: Number(vram), arch, driver, uuid: uuidOf(id) });
  }
  return accelerators;
}

/** Addresses on the bus, by uuid; empty of a card that has none. */
export function rocmAddresses(output: string): ReadonlyMap<string, string> {
  const cards = Object.values(readJson(output)).filter(isObject);
  return new Map(
    cards.flatMap((card) => {
      const id = field(card, "Unique ID");
      return id === undefined ? [] : [[uuidOf(id), (field(card, "PCI Bus") ?? "").toLowerCase()] as const];
    }),
  );
}

/** How busy cards are and how much of their memory is taken, by uuid. One with a figure that it does not tell is left out. */
export function rocmUses(
  output: string,
): ReadonlyMap<string, { readonly busyPercent: number; readonly memoryBytes: number }> {
  const uses = new Map<string, { readonly busyPercent: number; readonly memoryBytes: number }>();
  for (const card of Object.values(readJson(output)).filter(isObject)) {
    const id = field(card, "Unique ID");
    const busy = field(card, "GPU use (%)") ?? "";
    const used = field(card, "VRAM Total Used Memory (B)") ?? "";
    if (id === undefined || !/^\d{1,3}(\.\d+)?$/.test(busy) || !/^\d{1,15}$/.test(used)) continue;
    uses.set(uuidOf(id), { busyPercent: Math.min(Math.round(Number(busy)), 100), memoryBytes: Number(used) });
  }
  return uses;
}

function uuidOf(id: string): string {
  return `AMD-${id.slice(2)}`;
}

// Warnings of the tool stand before the object, on the same stream.
function readJson(output: string): Readonly<Record<string, unknown>> {
  const start = output.indexOf("{");
  if (start < 0) return {};
  try {
    const value: unknown = JSON.parse(output.slice(start));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

// Releases differ in the case of the names: "Card series" and "Card Series".
function field(found: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const entry = Object.entries(found).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return typeof entry?.[1] === "string" && entry[1] !== "N/A" ? entry[1].trim() : undefined;
}

function part(found: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = found[name];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
