// GPUs on the PCI bus: they show what is in the machine although no driver or tool works. Nothing is advertised by them.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Accelerator } from "@starling/protocol";

/** A display controller or accelerator of a vendor whose GPUs can be used. */
export interface PciGpu {
  readonly vendor: Accelerator["vendor"];
  /** Bus address, such as `0000:65:00.0`. */
  readonly address: string;
  /** The vendor's number of the device, such as `0x2335`. */
  readonly device: string;
}

/** Where Linux shows the bus. */
export const pciDevices = "/sys/bus/pci/devices";

// By the PCI SIG's numbers.
const vendors: Readonly<Record<string, Accelerator["vendor"]>> = {
  "0x10de": "nvidia",
  "0x1002": "amd",
  "0x8086": "intel",
};

/** What the three files of a device say; null for everything that is no GPU of these vendors. */
export function pciGpu(
  address: string,
  files: { readonly vendor: string; readonly device: string; readonly class: string },
): PciGpu | null {
  const vendor = vendors[files.vendor.trim().toLowerCase()];
  // 03: display controllers, which data-centre GPUs are too (0302); 12: processing accelerators, as some of AMD's.
  const isGpu = /^0x(03|12)[0-9a-f]{4}$/i.test(files.class.trim());
  return vendor === undefined || !isGpu ? null : { vendor, address, device: files.device.trim().toLowerCase() };
}

/** The GPUs on the bus, in the order of their addresses; none where there is no such bus. */
export async function probePci(folder: string): Promise<readonly PciGpu[]> {
  const addresses = await readdir(folder).catch((): string[] => []);
  const found = await Promise.all(
    addresses.sort().map(async (address) => {
      const read = (name: string): Promise<string> => readFile(join(folder, address, name), "utf8").catch(() => "");
      const [vendor, device, kind] = await Promise.all([read("vendor"), read("device"), read("class")]);
      return pciGpu(address, { vendor, device, class: kind });
    }),
  );
  return found.filter((gpu) => gpu !== null);
}
