// The vouchers in a plain file beside the journal: whoever owns the worker can redeem them with it, whatever becomes of this process.
import { open, rename } from "node:fs/promises";
import { errorFields, type Logger } from "@starling/node-kit";
import { type HeldVouchers, vouchersView } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

/** Writes the file now and after every new voucher; never two writes at once, and the last one always. */
export async function keepVouchers(engine: WorkerEngine, path: string, logger: Logger): Promise<void> {
  let isWriting = false;
  let isStale = false;
  const write = async (): Promise<void> => {
    isStale = true;
    if (isWriting) return;
    isWriting = true;
    try {
      while (isStale) {
        isStale = false;
        await replace(path, engine.read(vouchersView));
      }
    } catch (error) {
      // The journal has them too; a full disk must not stop the work.
      logger.warn("the vouchers could not be written to their file", { path, ...errorFields(error) });
    } finally {
      isWriting = false;
    }
  };
  engine.onFacts(({ facts }) => {
    if (facts.some(({ type }) => type === "voucherHeld")) void write();
  });
  await write();
}

async function replace(path: string, { worker, vouchers }: HeldVouchers): Promise<void> {
  const rows = vouchers.map(({ cumulative, due, ...one }) => ({ ...one, cumulative: `${cumulative}`, due: `${due}` }));
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ worker, vouchers: rows }, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
