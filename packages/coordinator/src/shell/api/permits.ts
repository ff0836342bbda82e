// One payer's submissions that bring their own money, one after the other: a token takes permits in the order of their nonces alone.
import {
  type Address,
  type JobId,
  type JobSubmission,
  permitDigest,
  type TokenDomain,
  type TokenPermit,
} from "@starling/protocol";
import { unfundedSubmissions } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { fromChain, refusal } from "./refuse.ts";

/** Nonces beside the right one under which a signature is looked for: a payer has at most a hundred open jobs. */
const NEAR = 128n;

/** What is asked of the chain for a permit. */
export interface PermitTerms {
  /** The first nonce that no permit has used on chain. */
  readonly nonce: bigint;
  readonly token: TokenDomain;
}

type Deps = Pick<ApiDeps, "engine" | "checks" | "queries">;

/** Knows which nonce a payer's next permit must carry while earlier ones wait for their blocks. */
export class PermitDesk {
  readonly #deps: Deps;
  readonly #lines = new Map<Address, Promise<unknown>>();
  /** By payer: found once and kept while the job waits; after a restart they are found again. Null where none was found. */
  readonly #nonces = new Map<Address, ReadonlyMap<JobId, bigint | null>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The nonce that the payer's next permit must carry: after those of his jobs whose money is not there yet. */
  next(payer: Address, { nonce, token }: PermitTerms): bigint {
    const waiting = this.#deps.engine.read((state) => unfundedSubmissions(state, payer));
    const known = this.#nonces.get(payer);
    const nonces = new Map(
      waiting.map((one) => [one.jobId, known?.get(one.jobId) ?? this.#nonceOf(one, { nonce, token })]),
    );
    if (nonces.size === 0) this.#nonces.delete(payer);
    else this.#nonces.set(payer, nonces);
    const taken = new Set(nonces.values());
    let next = nonce;
    while (taken.has(next)) next += 1n;
    return next;
  }

  /** Runs a submission when no other of the payer is between the check of its permit and the journal; refuses a permit of another nonce. */
  async inTurn<T>(
    { payer, permit }: { readonly payer: Address; readonly permit: TokenPermit },
    parts: { readonly signal: AbortSignal; readonly submit: () => Promise<T> },
  ): Promise<T> {
    const before = this.#lines.get(payer) ?? Promise.resolve();
    const mine = before.then(async () => {
      const { queries } = this.#deps;
      const { signal, submit } = parts;
      const [nonce, token] = await fromChain(
        Promise.all([queries.permitNonce(payer, { signal }), queries.tokenDomain({ signal })]),
      );
      const next = this.next(payer, { nonce, token });
      this.#check({ payer, permit }, { nonce: next, token });
      return await submit();
    });
    const settled = mine.catch(() => undefined);
    this.#lines.set(payer, settled);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(payer) === settled) this.#lines.delete(payer);
    }
  }

  #check(
    { payer, permit }: { readonly payer: Address; readonly permit: TokenPermit },
    { nonce, token }: PermitTerms,
  ): void {
    if (this.#isSigned({ payer, permit }, { nonce, token })) return;
    for (let other = nonce > NEAR ? nonce - NEAR : 0n; other < nonce; other += 1n) {
      if (!this.#isSigned({ payer, permit }, { nonce: other, token })) continue;
      throw refusal(
        "permitOutdated",
        `the permit is signed for nonce ${other} and the next one is ${nonce}, since another job of this payer came first: ask for a new quote and sign again`,
      );
    }
    throw refusal(
      "permitUnsigned",
      "the permit is not signed by the payer: check token, chain id and contract of the quote",
      [{ field: "permit.signature", description: "does not recover to the payer" }],
    );
  }

  // One below the chain's is mined, and this coordinator has not seen it yet.
  #nonceOf({ payer, permit }: JobSubmission, { nonce, token }: PermitTerms): bigint | null {
    if (permit === null) return null;
    for (let other = nonce; other <= nonce + NEAR; other += 1n)
      if (this.#isSigned({ payer, permit }, { nonce: other, token })) return other;
    return null;
  }

  #isSigned(
    { payer, permit }: { readonly payer: Address; readonly permit: TokenPermit },
    { nonce, token }: PermitTerms,
  ): boolean {
    const { domain, recover } = this.#deps.checks;
    const { value, deadline, signature } = permit;
    const digest = permitDigest(token, { owner: payer, spender: domain.jobEscrow, value, nonce, deadline });
    return recover(digest, signature) === payer;
  }
}
