// The client of the payers: submits until it is answered, repeats itself, contradicts itself, cancels, and asks for money back.
import type { Millis, Outcome } from "@starling/kernel";
import type { Address, JobId, JobSubmission } from "@starling/protocol";
import { type JobPlan, permitOf, submissionOf } from "./workload.ts";
import type { World } from "./world/world.ts";

const RETRY_MS: Millis = 2_000;

/** Submits jobs and judges the answers. */
export class Payer {
  readonly #world: World;
  readonly #complain: (finding: string) => void;
  /** Jobs that the coordinator said it has taken. */
  readonly acknowledged = new Set<JobId>();
  /** Jobs that were refused for a good reason. */
  readonly refused = new Set<JobId>();
  #submitted = 0;

  constructor(world: World, complain: (finding: string) => void) {
    this.#world = world;
    this.#complain = complain;
  }

  /** Whether every submission has its answer. */
  get isAnswered(): boolean {
    return this.acknowledged.size + this.refused.size === this.#submitted;
  }

  /** Submits a job now, and does what the plan says afterwards. Returns its id. */
  submit(plan: JobPlan): JobId {
    const submission = submissionOf(plan, this.#world.simulation.now);
    const { jobId } = submission;
    this.#submitted += 1;
    this.#ask(submission, () => {
      if (plan.repeats) this.#repeat(submission);
      if (plan.cancelAfterMs !== null)
        this.#world.simulation.after(plan.cancelAfterMs, () =>
          this.#world.coordinator.input({ type: "jobCancelled", jobId, payer: plan.payer }),
        );
    });
    return jobId;
  }

  /** Asks for the rest of a payer's money, until the coordinator has answered. */
  closeEscrow(payer: Address): void {
    let isAnswered = false;
    const { coordinator, simulation } = this.#world;
    coordinator.input({ type: "escrowCloseRequested", payer }, () => {
      isAnswered = true;
    });
    simulation.after(RETRY_MS, () => {
      if (!isAnswered) this.closeEscrow(payer);
    });
  }

  // As a client does, until the coordinator has answered.
  #ask(submission: JobSubmission, onAcknowledged: () => void): void {
    let isAnswered = false;
    const { coordinator, simulation } = this.#world;
    coordinator.input({ type: "jobSubmitted", submission }, (outcome) => {
      isAnswered = true;
      if (outcome.ok) {
        this.acknowledged.add(submission.jobId);
        onAcknowledged();
      } else this.#refused(submission, { outcome, onAcknowledged });
    });
    simulation.after(RETRY_MS, () => {
      if (!isAnswered) this.#ask(submission, onAcknowledged);
    });
  }

  #refused(
    submission: JobSubmission,
    { outcome, onAcknowledged }: { outcome: Extract<Outcome, { ok: false }>; onAcknowledged: () => void },
  ): void {
    const { jobId, permit, order, deadlineAt } = submission;
    const { simulation } = this.#world;
    if (outcome.code === "escrowUnfunded" && permit === null) {
      this.#ask({ ...submission, permit: permitOf(order) }, onAcknowledged);
    } else if (outcome.code === "overloaded") {
      simulation.after(RETRY_MS, () => this.#ask(submission, onAcknowledged));
    } else if (outcome.code === "deadlinePassed" && deadlineAt <= this.#world.coordinator.now) {
      this.refused.add(jobId);
    } else {
      this.refused.add(jobId);
      this.#complain(`${submission.name} was refused: ${outcome.code} ${outcome.message}`);
    }
  }

  #repeat(submission: JobSubmission): void {
    const { coordinator } = this.#world;
    coordinator.input({ type: "jobSubmitted", submission }, (outcome) => {
      const value = outcome.ok ? (outcome.value as { jobId?: unknown; duplicate?: unknown } | undefined) : undefined;
      if (value?.jobId !== submission.jobId || value.duplicate !== true)
        this.#complain(`${submission.name} was submitted twice and not recognised`);
    });
    const other = { ...submission, order: { ...submission.order, budget: submission.order.budget + 1n } };
    coordinator.input({ type: "jobSubmitted", submission: other }, (outcome) => {
      if (outcome.ok || outcome.code !== "idempotencyConflict")
        this.#complain(`other content under the key of ${submission.name} was not refused`);
    });
  }
}
