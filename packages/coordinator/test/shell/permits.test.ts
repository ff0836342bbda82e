// Permits of one payer come in the order of their nonces, however many of his jobs come at once.
import { type Address, type Hash, type JobSubmission, permitDigest, type TokenPermit } from "@starling/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { ApiDeps } from "../../src/shell/api/deps.ts";
import { PermitDesk } from "../../src/shell/api/permits.ts";
import { address, coordinator, payer, submission } from "../core/world/fixtures.ts";

const token = { name: "MockUSD", version: "1", chainId: 1, token: address("token") };
const { signal } = new AbortController();

/** Signatures are digests here: who signed is whoever the digest is remembered for. */
const signers = new Map<Hash, Address>();
let waiting: JobSubmission[] = [];
let onChain = 0n;
let desk: PermitDesk;

function newDesk(): PermitDesk {
  const parts = {
    engine: { read: () => waiting },
    checks: {
      domain: { chainId: 1, jobEscrow: coordinator, stakeRegistry: coordinator, court: coordinator },
      recover: (digest: Hash, signed: string) => (signed.startsWith(digest) ? signers.get(digest) : undefined),
    },
    queries: { permitNonce: async () => onChain, tokenDomain: async () => token },
  };
  return new PermitDesk(parts as unknown as ApiDeps);
}

function signed(nonce: bigint, value = 100n): TokenPermit {
  const deadline = 1_000;
  const digest = permitDigest(token, { owner: payer, spender: coordinator, value, nonce, deadline });
  signers.set(digest, payer);
  return { value, deadline, signature: `${digest}${"11".repeat(33)}` as TokenPermit["signature"] };
}

function job(key: string, permit: TokenPermit): JobSubmission {
  return { ...submission({ key }), permit };
}

async function submit(one: JobSubmission): Promise<void> {
  const { permit } = one;
  if (permit === null) return;
  await desk.inTurn(
    { payer, permit },
    {
      signal,
      submit: async () => {
        // What the journal does takes its time, and the next in line must see it.
        await new Promise((resolve) => setImmediate(resolve));
        waiting = [...waiting, one];
      },
    },
  );
}

describe("permits of one payer", () => {
  beforeEach(() => {
    waiting = [];
    onChain = 7n;
    desk = newDesk();
  });

  test("of two with one nonce the second is told to sign the next one, and is taken with it", async () => {
    const both = await Promise.allSettled([submit(job("a", signed(7n, 1n))), submit(job("b", signed(7n, 2n)))]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(both[1]).toMatchObject({ reason: { code: "permitOutdated" } });
    expect(desk.next(payer, { nonce: onChain, token })).toBe(8n);
    await submit(job("b", signed(8n, 2n)));
    expect(desk.next(payer, { nonce: onChain, token })).toBe(9n);
  });

  test("that are mined and not seen yet don't count twice, nor do jobs that ended", async () => {
    await submit(job("a", signed(7n)));
    onChain = 8n;
    expect(desk.next(payer, { nonce: onChain, token })).toBe(8n);
    onChain = 7n;
    waiting = [];
    expect(desk.next(payer, { nonce: onChain, token })).toBe(7n);
  });

  test("are found again after a restart", async () => {
    await submit(job("a", signed(7n)));
    await submit(job("b", signed(8n)));
    desk = newDesk();
    expect(desk.next(payer, { nonce: onChain, token })).toBe(9n);
  });

  test("that nobody signed are refused for good, and hold nobody up", async () => {
    const wrong = { ...signed(7n), value: 101n };
    await expect(submit(job("a", wrong))).rejects.toMatchObject({ code: "permitUnsigned" });
    await submit(job("b", signed(7n)));
    expect(waiting).toHaveLength(1);
  });
});
