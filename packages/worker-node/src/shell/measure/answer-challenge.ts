// Computes the answer to a challenge on the cores that the owner lends, within its time.
import { type Challenge, challengeAnswer, type FieldNumbers } from "@starling/protocol/challenge";
import { MeasuredThread } from "./measured-thread.ts";

/** The bounds of an answer. */
export interface AnswerLimits {
  readonly answerMs: number;
  /** Threads at most. */
  readonly cores: number;
  readonly signal: AbortSignal;
}

/** The answer; null when it was not there in time, or the signal aborted. */
export async function answerChallenge(
  challenge: Challenge,
  { answerMs, cores, signal }: AnswerLimits,
): Promise<Uint8Array | null> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  if (limited.aborted) return null;
  const count = Math.min(challenge.lanes, cores);
  const threads = Array.from({ length: count }, () => new MeasuredThread());
  const end = (): void => {
    for (const thread of threads) thread.end();
  };
  limited.addEventListener("abort", end, { once: true });
  try {
    const products: FieldNumbers[] = [];
    const lanes = Array.from({ length: challenge.lanes }, (_, lane) => lane).values();
    await Promise.all(
      threads.map(async (thread) => {
        for (const lane of lanes) {
          const answer = await thread.ask({ prove: challenge, lane });
          if ("product" in answer) products.push(answer.product);
        }
      }),
    );
    return challengeAnswer(products);
  } catch (error) {
    if (limited.aborted) return null;
    throw error;
  } finally {
    limited.removeEventListener("abort", end);
    end();
  }
}
