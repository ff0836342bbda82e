// Starling's verification at the speed of a million tasks: lottery, terms, fines and ruling are the real functions, time is counted in tasks.
import { commitSetHash, type Hash, isDrawn, lotteryTicket } from "@starling/protocol";
import { answerOf, fine, pay, reject } from "../answering.ts";
import { type Answer, type Arena, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";
import { Schedule } from "../schedule.ts";
import { advantageOf, finesOf, type Rules } from "./starling-rules.ts";
import { type Given, ruling } from "./starling-ruling.ts";

/** A task that was handed out. */
interface Task {
  readonly position: number;
  readonly answers: Given[];
  /** Answers that must agree before anything is accepted and paid: one more when a newcomer is among them. */
  readonly needed: number;
  /** Null until something is accepted. */
  result: Answer | null;
  isWindowOver: boolean;
  openAudits: number;
}

/** An audit comes about so many results of one operator later. */
const AUDIT_AFTER_RESULTS = 2;
/** So often somebody known is looked for to check a newcomer. */
const SEARCH = 8;

/** A level under its rules. The payer's own machine settles mismatches. */
export function starling(rules: Rules): Scheme {
  return { name: rules.name, play: (arena) => new Match(arena, rules).play() };
}

class Match {
  readonly #arena: Arena;
  readonly #rules: Rules;
  readonly #secret: Hash;
  readonly #fines: { readonly normal: number; readonly checked: number };
  /** Accepted results within their finality window, and audits that were ordered. */
  readonly #window: Schedule<Task>;
  readonly #audits: Schedule<Task>;
  #sets = 0;

  constructor(arena: Arena, rules: Rules) {
    this.#arena = arena;
    this.#rules = rules;
    this.#fines = finesOf(rules);
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
    const { terms, probationChecks } = this.#rules;
    const operators = this.#arena.workers.drawSet(terms.replicas);
    if (operators.length < terms.replicas) {
      this.#arena.tally.unresolved += 1;
      return;
    }
    const isChecked = operators.some(({ standing }) => standing < probationChecks);
    const needed = terms.replicas + (isChecked ? 1 : 0);
    const task: Task = { position, answers: [], needed, result: null, isWindowOver: false, openAudits: 0 };
    const holdsEnough = operators.every(({ isBad }) => isBad);
    for (const operator of operators) this.#ask(task, operator, { holdsEnough, isSecondLook: false, isChecked });
    this.#rule(task);
  }

  #ask(
    task: Task,
    operator: Operator,
    seen: { readonly holdsEnough: boolean; readonly isSecondLook: boolean; readonly isChecked: boolean },
  ): void {
    const { percent } = this.#arena;
    const said = task.answers.find((given) => given.operator?.isBad === true)?.answer ?? null;
    const advantage = advantageOf(this.#rules, { ...seen, percent });
    const answer = answerOf(this.#arena, operator, { ...seen, said, seenAlone: null, advantage });
    const isNew = operator.standing < this.#rules.probationChecks;
    task.answers.push({ operator, answer, fine: isNew ? this.#fines.checked : this.#fines.normal, isPaid: false });
  }

  /** Looks at all answers of a task, after each set that was closed. */
  #rule(task: Task): void {
    const ruled = ruling(task.answers, task.needed);
    if (ruled.kind === "more") this.#order(task);
    else if (ruled.kind === "accept") {
      this.#accept(task, ruled.answer);
      if (this.#isDrawn(task)) this.#order(task);
    } else this.#askReferee(task);
  }

  #isDrawn({ position }: Task): boolean {
    this.#sets += 1;
    const salted: Hash = `0x${this.#sets.toString(16).padStart(64, "0")}`;
    const worker = `0x${"00".repeat(20)}` as const;
    const set = commitSetHash({ taskSpec: salted, commitments: [{ worker, attempt: 0, commitment: salted }] });
    return isDrawn(lotteryTicket(this.#secret, position), set, this.#rules.terms.auditPpm);
  }

  #accept(task: Task, answer: Answer): void {
    if (task.result === null) this.#window.add(task);
    task.result = answer;
    const isCompared = task.answers.length > 1;
    for (const given of task.answers) {
      if (given.operator === null || given.answer !== answer) continue;
      if (isCompared) given.operator.standing += 1;
      if (given.isPaid) continue;
      given.isPaid = true;
      pay(this.#arena, given.operator, whole);
    }
  }

  /** Has a task run once more: as an ordinary lease, a little later, by somebody else. */
  #order(task: Task): void {
    task.openAudits += 1;
    this.#audits.add(task);
  }

  #audit(task: Task): void {
    task.openAudits -= 1;
    const { workers } = this.#arena;
    const { terms, probationChecks } = this.#rules;
    const asked = task.answers.flatMap(({ operator }) => operator ?? []);
    let auditor = workers.draw(asked);
    for (let i = 0; i < SEARCH && auditor !== null && auditor.standing < probationChecks; i += 1)
      auditor = workers.draw(asked);
    if (auditor === null) {
      if (task.result === null) this.#arena.tally.unresolved += 1;
    } else {
      // To the auditor this is work like any other; of a task of one replica it believes to hold all there is.
      const isSecondLook = !task.answers.some(({ operator }) => operator?.isBad === true);
      const isChecked = auditor.standing < probationChecks;
      this.#ask(task, auditor, { holdsEnough: terms.replicas === 1, isSecondLook, isChecked });
      this.#rule(task);
    }
    this.#settleIfDue(task);
  }

  /** Answers differ: the payer's machine runs it, and whoever differs from it and somebody else is caught. */
  #askReferee(task: Task): void {
    this.#arena.tally.executions += 1;
    task.answers.push({ operator: null, answer: "right", fine: 0, isPaid: true });
    const ruled = ruling(task.answers, task.needed);
    if (ruled.kind !== "accept") return;
    this.#accept(task, ruled.answer);
    // Two distinct operators stand behind what stands; with one coalition and one lie somebody honest always does.
    const behind = task.answers.filter(({ answer }) => answer === ruled.answer).length;
    if (behind < 2) return;
    for (const { operator, fine: amount } of ruled.losers) if (operator !== null) this.#catch(operator, amount);
  }

  #catch(operator: Operator, amount: number): void {
    fine(this.#arena, operator, amount);
    this.#arena.workers.expel(operator, operator.isBad && this.#arena.attacker.reenters);
    if (!this.#rules.retroChecks) return;
    for (const task of this.#window.waiting())
      if (
        task.openAudits === 0 &&
        task.answers.some((given) => given.operator === operator && given.answer === task.result)
      )
        this.#order(task);
  }

  #settleIfDue(task: Task): void {
    if (!task.isWindowOver || task.openAudits > 0) return;
    const { tally } = this.#arena;
    if (task.result === "lie") tally.wrongAccepted += 1;
    for (const { operator, answer, isPaid } of task.answers) {
      if (operator === null || operator.isBad) continue;
      if (answer !== task.result) reject(this.#arena, operator);
      else if (!isPaid) tally.honestUnpaid += 1;
    }
  }
}
