// Starling's verification at the speed of a million tasks: lottery, terms, fines and ruling are the real functions, time is counted in tasks.
import { commitSetHash, type Hash, isDrawn, lotteryTicket } from "@starling/protocol";
import { answerOf, fine, pay, reject } from "../answering.ts";
import { type Answer, type Arena, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";
import { Schedule } from "../schedule.ts";
import { advantageOf, fineOfRules, type Rules } from "./starling-rules.ts";
import { type Given, ruling } from "./starling-ruling.ts";

/** A task that was handed out. */
interface Task {
  readonly position: number;
  /** Answers that nobody has refuted. */
  standing: readonly Given[];
  readonly refuted: Given[];
  result: Answer | null;
  /** Whether its result was audited, so that only a catch asks for another audit. */
  wasAudited: boolean;
  hasOpenAudit: boolean;
  isWindowOver: boolean;
}

/** An audit comes about so many results of one operator later. */
const AUDIT_AFTER_RESULTS = 2;

/** A level under its rules. The payer's own machine settles mismatches; all operators have pledged enough for their window. */
export function starling(rules: Rules): Scheme {
  return { name: rules.name, play: (arena) => new Match(arena, rules).play() };
}

class Match {
  readonly #arena: Arena;
  readonly #rules: Rules;
  readonly #secret: Hash;
  readonly #fine: number;
  /** Accepted results within their finality window, and audits that were ordered. */
  readonly #window: Schedule<Task>;
  readonly #audits: Schedule<Task>;

  constructor(arena: Arena, rules: Rules) {
    this.#arena = arena;
    this.#rules = rules;
    this.#fine = fineOfRules(rules);
    this.#secret = `0x${arena.seed.toString(16).padStart(64, "0")}`;
    const tasksPerResult = Math.ceil(arena.workers.living / rules.terms.replicas);
    this.#window = new Schedule(rules.windowResults * tasksPerResult);
    this.#audits = new Schedule(AUDIT_AFTER_RESULTS * tasksPerResult);
  }

  play(): void {
    const { tasks, tally } = this.#arena;
    let now = 0;
    for (; now < tasks; now += 1) {
      this.#passTime(now);
      tally.tasks += 1;
      this.#handOut(now);
    }
    for (; !this.#window.isEmpty || !this.#audits.isEmpty; now += 1) this.#passTime(now);
  }

  #passTime(now: number): void {
    this.#audits.now = now;
    this.#window.now = now;
    for (let task = this.#audits.takeDue(); task !== null; task = this.#audits.takeDue()) this.#audit(task);
    for (let task = this.#window.takeDue(); task !== null; task = this.#window.takeDue()) {
      task.isWindowOver = true;
      this.#settleIfDue(task);
    }
  }

  #handOut(position: number): void {
    const { replicas } = this.#rules.terms;
    const operators = this.#arena.workers.drawSet(replicas);
    if (operators.length < replicas) {
      this.#arena.tally.unresolved += 1;
      return;
    }
    const task = {
      position,
      standing: [],
      refuted: [],
      result: null,
      wasAudited: false,
      hasOpenAudit: false,
      isWindowOver: false,
    };
    const holdsEnough = operators.every(({ isBad }) => isBad);
    const isChecked = operators.length === 1 && operators.some((one) => this.#isNew(one));
    for (const operator of operators) this.#ask(task, operator, { holdsEnough, isSecondLook: false });
    this.#rule(task, replicas);
    const isCanary = replicas === 1 && position < this.#rules.canaries;
    // The draw is made over first answers, after they were given; whoever stands alone and is new is checked anyway.
    if (task.refuted.length === 0 && (this.#isDrawn(position) || isChecked || isCanary)) this.#order(task);
  }

  #isNew({ standing }: Operator): boolean {
    return standing < this.#rules.probationChecks;
  }

  #ask(task: Task, operator: Operator, seen: { readonly holdsEnough: boolean; readonly isSecondLook: boolean }): void {
    const { percent } = this.#arena;
    const said = [...task.standing, ...task.refuted].find((given) => given.operator?.isBad === true)?.answer ?? null;
    const isChecked = this.#rules.terms.replicas === 1 && this.#isNew(operator);
    const advantage = advantageOf(this.#rules, { ...seen, isChecked, percent });
    const answer = answerOf(this.#arena, operator, { ...seen, said, seenAlone: null, advantage });
    task.standing = [...task.standing, { operator, answer, fine: this.#fine, isFresh: false, isPaid: false }];
  }

  #isDrawn(position: number): boolean {
    const salted: Hash = `0x${position.toString(16).padStart(64, "0")}`;
    const worker = `0x${"00".repeat(20)}` as const;
    const set = commitSetHash({ taskSpec: salted, commitments: [{ worker, attempt: position, commitment: salted }] });
    return isDrawn(lotteryTicket(this.#secret, position), set, this.#rules.terms.auditPpm);
  }

  /** Looks at all answers that stand; when they differ the payer's machine runs the task too. */
  #rule(task: Task, needed: number): void {
    const { replicas } = this.#rules.terms;
    let ruled = ruling(task.standing, { needed, replicas });
    if (ruled.kind === "mismatch") {
      this.#arena.tally.executions += 1;
      task.standing = [...task.standing, { operator: null, answer: "right", fine: 0, isFresh: false, isPaid: true }];
      ruled = ruling(task.standing, { needed, replicas });
      // Alone the referee blames nobody: one more operator is heard.
      while (ruled.kind === "more" && this.#confirm(task)) ruled = ruling(task.standing, { needed, replicas });
    }
    if (ruled.kind !== "accept") {
      this.#arena.tally.unresolved += 1;
      return;
    }
    const { answer, losers, caught } = ruled;
    task.standing = task.standing.filter((given) => !losers.includes(given));
    task.refuted.push(...losers);
    this.#accept(task, answer);
    for (const { operator, fine: amount } of caught) if (operator !== null) this.#catch(operator, amount);
  }

  #confirm(task: Task): boolean {
    const fresh = this.#arena.workers.draw(task.standing.flatMap(({ operator }) => operator ?? []));
    if (fresh === null) return false;
    this.#ask(task, fresh, { holdsEnough: false, isSecondLook: true });
    task.standing = task.standing.map((given) => (given.operator === fresh ? { ...given, isFresh: true } : given));
    return true;
  }

  #accept(task: Task, answer: Answer): void {
    if (task.result === null) this.#window.add(task);
    task.result = answer;
    for (const given of task.standing) {
      const { operator, isPaid } = given;
      if (operator === null) continue;
      if (task.standing.length > 1 && !(isPaid && task.wasAudited)) operator.standing += 1;
      if (isPaid) continue;
      given.isPaid = true;
      pay(this.#arena, operator, whole);
    }
  }

  /** Has a task run once more: as an ordinary lease, a little later, by somebody else. */
  #order(task: Task): void {
    task.hasOpenAudit = true;
    this.#audits.add(task);
  }

  #audit(task: Task): void {
    task.hasOpenAudit = false;
    const { standing, refuted } = task;
    const asked = [...standing, ...refuted].flatMap(({ operator }) => operator ?? []);
    const auditor = this.#auditorBeside(asked);
    if (auditor !== null) {
      // To the auditor this is work like any other: of a task of one replica it believes to hold all there is.
      const isSecondLook = !asked.some(({ isBad }) => isBad);
      this.#ask(task, auditor, { holdsEnough: this.#rules.terms.replicas === 1, isSecondLook });
      this.#rule(task, standing.length + 1);
    }
    task.wasAudited = true;
    this.#settleIfDue(task);
  }

  // A few looks for somebody who is no newcomer himself.
  #auditorBeside(asked: readonly Operator[]): Operator | null {
    const { workers } = this.#arena;
    let auditor = workers.draw(asked);
    for (let looks = 0; looks < 8 && auditor !== null && this.#isNew(auditor); looks += 1)
      auditor = workers.draw(asked);
    return auditor;
  }

  #catch(operator: Operator, amount: number): void {
    fine(this.#arena, operator, amount);
    this.#arena.workers.expel(operator, operator.isBad && this.#arena.attacker.reenters);
    if (!this.#rules.retroChecks) return;
    for (const task of this.#window.waiting())
      if (!task.hasOpenAudit && task.standing.some((given) => given.operator === operator)) this.#order(task);
  }

  #settleIfDue(task: Task): void {
    if (!task.isWindowOver || task.hasOpenAudit) return;
    const { tally } = this.#arena;
    if (task.result === "lie") tally.wrongAccepted += 1;
    for (const { operator, answer } of task.refuted)
      if (operator?.isBad === false && answer === "right") reject(this.#arena, operator);
    for (const { operator, isPaid } of task.standing) if (operator?.isBad === false && !isPaid) tally.honestUnpaid += 1;
  }
}
