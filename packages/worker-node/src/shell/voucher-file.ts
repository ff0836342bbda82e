// The vouchers, and the credits that wait in contracts, in a plain file beside the journal: whoever owns the worker can redeem them with it, whatever becomes of this process.
import { open, readFile, rename } from "node:fs/promises";
import { errorFields, type LogFields, type Logger } from "@starling/node-kit";
import { type HeldVouchers, vouchersView } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

type ClaimState = HeldVouchers["vouchers"][number]["state"];
type CreditState = HeldVouchers["credits"][number]["state"];

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
    const { vouchers, credits } = this.#engine.read(vouchersView);
    const said = new Map<string, string>();
    let hasChanged = false;
    const say = (what: "voucher" | "credit", name: string, fields: Said): void => {
      said.set(name, fields.state);
      if (this.#said.get(name) === fields.state) return;
      hasChanged = true;
      if (ALARMING.has(fields.state)) this.#logger.warn(what, { ...fields });
      else if (ORDINARY.has(fields.state)) this.#logger.debug(what, { ...fields });
      else this.#logger.info(what, { ...fields });
    };
    for (const { escrowId, state, message: reason, due, coordinator } of vouchers)
      say("voucher", escrowId, { escrowId, coordinator, state, due, reason });
    for (const { keeper, account, amount, state, message: reason } of credits)
      say("credit", `${keeper} ${account}`, { keeper, account, amount, state, reason });
    // A credit that was fetched is not there any more.
    if (said.size !== this.#said.size) hasChanged = true;
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

/** What is said of a voucher or a credit. */
interface Said extends LogFields {
  readonly state: ClaimState | CreditState;
}

/** Money that the owner should do something about, or that is lost. */
const ALARMING: ReadonlySet<Said["state"]> = new Set(["noGas", "notAllotted", "closed"]);
/** What every voucher goes through; redemptions are told as facts. */
const ORDINARY: ReadonlySet<Said["state"]> = new Set([
  "unread",
  "coordinatorPays",
  "paid",
  "underWay",
  "refusedLately",
]);

/** The file's content as it was last written; null when there is none. */
export async function readVouchers(path: string): Promise<object | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as object;
  } catch {
    return null;
  }
}

function textOf({ worker, vouchers, credits }: HeldVouchers): string {
  const rows = vouchers.map(({ cumulative, due, ...one }) => ({ ...one, cumulative: `${cumulative}`, due: `${due}` }));
  const kept = credits.map(({ amount, ...one }) => ({ ...one, amount: `${amount}` }));
  return `${JSON.stringify({ worker, vouchers: rows, credits: kept }, null, 2)}\n`;
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
