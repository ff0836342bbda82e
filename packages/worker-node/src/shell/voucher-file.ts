// The vouchers in a plain file beside the journal: whoever owns the worker can redeem them with it, whatever becomes of this process.
import { open, readFile, rename } from "node:fs/promises";
import { errorFields, type Logger } from "@starling/node-kit";
import { type HeldVouchers, vouchersView } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

type ClaimState = HeldVouchers["vouchers"][number]["state"];

/** Keeps the file and the log up with what the vouchers are worth. */
export class VoucherFile {
  readonly #engine: WorkerEngine;
  readonly #path: string;
  readonly #logger: Logger;
  /** What was last said of each voucher. */
  #said = new Map<string, string>();
  #written = "";
  #isWriting = false;
  #isStale = false;

  constructor(engine: WorkerEngine, { path, logger }: { readonly path: string; readonly logger: Logger }) {
    this.#engine = engine;
    this.#path = path;
    this.#logger = logger;
  }

  /** Writes the file now and after every new voucher. */
  async start(): Promise<void> {
    this.#engine.onFacts(({ facts }) => {
      if (facts.some(({ type }) => type === "voucherHeld" || type === "voucherOver")) void this.#write();
    });
    await this.#write();
  }

  /** Looks at the vouchers again, after a block: says in the log what has become of them, and writes it down. */
  look(): void {
    const { vouchers } = this.#engine.read(vouchersView);
    const said = new Map<string, string>();
    let hasChanged = false;
    for (const { escrowId, state, message, due, coordinator } of vouchers) {
      said.set(escrowId, state);
      if (this.#said.get(escrowId) === state) continue;
      hasChanged = true;
      const fields = { escrowId, coordinator, state, due, reason: message };
      if (ALARMING.has(state)) this.#logger.warn("voucher", fields);
      else if (ORDINARY.has(state)) this.#logger.debug("voucher", fields);
      else this.#logger.info("voucher", fields);
    }
    this.#said = said;
    if (hasChanged) void this.#write();
  }

  // Never two writes at once, and the last one always.
  async #write(): Promise<void> {
    this.#isStale = true;
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const text = textOf(this.#engine.read(vouchersView));
        if (text === this.#written) continue;
        await replace(this.#path, text);
        this.#written = text;
      }
    } catch (error) {
      // The journal has them too; a full disk must not stop the work.
      const path = this.#path;
      this.#logger.warn("the vouchers could not be written to their file", { path, ...errorFields(error) });
    } finally {
      this.#isWriting = false;
    }
  }
}

/** Money that the owner should do something about, or that is lost. */
const ALARMING: ReadonlySet<ClaimState> = new Set(["noGas", "notAllotted", "closed"]);
/** What every voucher goes through; redemptions are told as facts. */
const ORDINARY: ReadonlySet<ClaimState> = new Set(["unread", "coordinatorPays", "paid", "underWay", "refusedLately"]);

/** The file's content as it was last written; null when there is none. */
export async function readVouchers(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

function textOf({ worker, vouchers }: HeldVouchers): string {
  const rows = vouchers.map(({ cumulative, due, ...one }) => ({ ...one, cumulative: `${cumulative}`, due: `${due}` }));
  return `${JSON.stringify({ worker, vouchers: rows }, null, 2)}\n`;
}

async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
