// Vouchers that a worker holds, from the file that it keeps: a coordinator can't take back what it signed.
import { isAddress, isHash, parseBaseUnits } from "@starling/protocol";
import { StarlingError } from "../call-error.ts";
import { isVoucherSigned, type VoucherCheck } from "./read-books.ts";
import type { HeldVoucher } from "./sources.ts";

/** Reads a worker's `vouchers.json`. Throws `StarlingError` for another file, and for a voucher that no coordinator of the network signed. */
export function heldVouchers(text: string, check: VoucherCheck): readonly HeldVoucher[] {
  const { worker, vouchers } = objectIn(text);
  if (!isAddress(String(worker)) || !Array.isArray(vouchers)) throw otherFile();
  return vouchers.map((row: unknown) => {
    const { escrowId, cumulative, signature } = (row ?? {}) as Readonly<Record<string, unknown>>;
    const amount = parseBaseUnits(String(cumulative));
    const [id, holder] = [String(escrowId), String(worker)];
    if (!isHash(id) || !isAddress(holder) || amount === null) throw otherFile();
    const voucher = { escrowId: id, worker: holder, cumulative: amount };
    if (!isVoucherSigned(voucher, String(signature), check))
      throw new StarlingError(
        "invalidArgument",
        `no coordinator of this network signed the voucher of ${holder} for ${id}`,
      );
    return voucher;
  });
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null) return found as Readonly<Record<string, unknown>>;
  } catch {
    // Falls through: what is not JSON is no such file either.
  }
  throw otherFile();
}

function otherFile(): StarlingError {
  return new StarlingError(
    "invalidArgument",
    "vouchers are read from the vouchers.json that a worker keeps in its data folder",
  );
}
