// Key files are private or refused, and every signature names its signer.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  batchReceiptDigest,
  frameDigest,
  jobOrderDigest,
  keccakText,
  offerDigest,
  peerBindingDigest,
  permitDigest,
  registrationDigest,
  type SigningDomain,
  voucherDigest,
} from "@starling/protocol";
import { describe, expect, it } from "vitest";
import { devnetAccounts, devnetKey, devnetPlace } from "../../src/chain/devnet-accounts.ts";
import { recover } from "../../src/chain/signing.ts";
import {
  createWallet,
  loadWallet,
  signBatchReceipt,
  signFrame,
  signOffer,
  signOrder,
  signPeerBinding,
  signPermit,
  signRegistration,
  signVoucher,
  storeKey,
  walletOf,
} from "../../src/chain/wallet.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const address = (byte: string) => `0x${byte.repeat(20)}` as const;
const domain: SigningDomain = {
  chainId: 31_337,
  jobEscrow: address("01"),
  stakeRegistry: address("02"),
  court: address("03"),
};

describe("key files", () => {
  it("are made for their owner alone, and read back", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "key");
    const made = await createWallet(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadWallet(path)).address).toBe(made.address);
    await expect(createWallet(path)).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readFile(path, "utf8")).toMatch(/^0x[0-9a-f]{64}\n$/);
  });

  it("are refused when others may read them, with the remedy", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "key");
    await storeKey(path, devnetKey(0));
    await chmod(path, 0o640);
    await expect(loadWallet(path)).rejects.toThrow(`chmod 600 ${path}`);
  });

  it("are refused when they hold something else, and never quoted", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "key");
    await writeFile(path, "0xnotakeybutsecret", { mode: 0o600 });
    const error = await loadWallet(path).catch((reason: unknown) => String(reason));
    expect(error).toContain("64 lower-case hexadecimal digits");
    expect(error).not.toContain("notakey");
  });
});

describe("the development accounts", () => {
  it("are those that everybody's tools derive from the phrase", () => {
    const accounts = devnetAccounts(2);
    expect(accounts.coordinator.address).toBe("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    expect(accounts.payer.address).toBe("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
    expect(accounts.operators[1]?.address).toBe(walletOf(devnetKey(devnetPlace("operator", 1))).address);
    expect(accounts.workers[1]?.address).toBe(walletOf(devnetKey(41)).address);
  });

  it("are all different, and end before the referee's", () => {
    const { operators, workers, ...others } = devnetAccounts(29);
    const all = [...operators, ...workers, ...Object.values(others)].map((wallet) => wallet.address);
    expect(new Set(all).size).toBe(all.length);
    expect(() => devnetAccounts(30)).toThrow("at most 29");
  });
});

describe("signatures", () => {
  const wallet = walletOf(devnetKey(3));
  const order = {
    requester: wallet.address,
    coordinator: address("04"),
    budget: 5n,
    specHash: keccakText("spec"),
    lotteryRoot: keccakText("lottery"),
    deadline: 1_900_000_000,
    salt: keccakText("salt"),
  };
  const escrowId = keccakText("escrow");

  it("recover to the wallet, each over its own digest", () => {
    const frame = { kind: "lease", root: keccakText("root"), count: 2, epoch: 3, sequence: 4 } as const;
    const voucher = { escrowId, worker: address("05"), cumulative: 7n };
    const receipt = { escrowId, resultsRoot: keccakText("results"), fine: 9n };
    const binding = { peerId: Uint8Array.of(1, 2, 3), seq: 1, notAfter: 1_900_000_000 };
    const registration = { worker: address("05"), peerIdHash: keccakText("peer"), seq: 1 };
    const token = { name: "Mock USD", version: "1", chainId: 31_337, token: address("06") };
    const permit = { owner: wallet.address, spender: domain.jobEscrow, value: 5n, nonce: 0n, deadline: 1_900_000_000 };
    const cases = [
      [jobOrderDigest(domain, order), signOrder(wallet, domain, order)],
      [voucherDigest(domain, voucher), signVoucher(wallet, domain, voucher)],
      [frameDigest(domain, frame), signFrame(wallet, domain, frame)],
      [batchReceiptDigest(domain, receipt), signBatchReceipt(wallet, domain, receipt)],
      [offerDigest(domain, keccakText("offer")), signOffer(wallet, domain, keccakText("offer"))],
      [peerBindingDigest(domain, { ...binding, worker: wallet.address }), signPeerBinding(wallet, domain, binding)],
      [
        registrationDigest(domain, { ...registration, operator: wallet.address }),
        signRegistration(wallet, domain, registration),
      ],
      [permitDigest(token, permit), signPermit(wallet, token, permit).signature],
    ] as const;
    expect(new Set(cases.map(([digest]) => digest)).size).toBe(cases.length);
    for (const [digest, signature] of cases) expect(recover(digest, signature)).toBe(wallet.address);
  });
});
