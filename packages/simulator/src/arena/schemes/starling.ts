// Starling's verification at the speed of a million tasks: lottery, terms, fines, draws and ruling are the real functions, time is counted in asks.
import { defaultPolicy, weightOfPledge } from "@starling/coordinator/core";
import { commitSetHash, type Hash, isDrawn, lotteryTicket } from "@starling/protocol";
import { answerOf, fine, pay, reject } from "../answering.ts";
import { type Answer, type Arena, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";
import { Schedule } from "../schedule.ts";
import { Pool } from "./starling-pool.ts";
import { advantageOf, type Rules } from "./starling-rules.ts";
import { type Given, ruling } from "./starling-ruling.ts";
import { askedOf, Cover, freshTask, type Lease, type Round, type Task } from "./starling-task.ts";

/** What a task costs, base units: by it pledges become weights. */
const PRICE = 10_000;
/** An audit waits for a backer so many results of an operator: ten seconds where the finality window is five. */
const BACKING_WINDOWS = 2;
/** A task that nobody could be found for in so many rounds of asks is given up. */
const GIVE_UP_ROUNDS = 60;
const LOOKS_MAX = 3;

/** A level under its rules. */
export function starling(rules: Rules): Scheme {
  return { name: rules.name, play: (arena) => new Match(arena, rules).play() };
}

class Match {
  readonly #arena: Arena;
  readonly #rules: Rules;
  readonly #secret: Hash;
  readonly #cover: Cover;
  /** Accepted results within their finality window. */
  readonly #window: Schedule<Task>;
  readonly #begun: Pool<Task>;
  /** Operators of this round that have not asked yet. */
  #askers: Operator[] = [];
  #next = 0;
  #now = 0;

  constructor(arena: Arena, rules: Rules) {
    this.#arena = arena;
    this.#rules = rules;
    this.#cover = new Cover(rules);
    this.#secret = `0x${arena.seed.toString(16).padStart(64, "0")}`;
    this.#window = new Schedule(rules.windowResults * arena.workers.perRound);
    this.#begun = new Pool(arena.random);
  }

  play(): void {
    const { tasks } = this.#arena;
    while (this.#next < tasks || this.#begun.size > 0 || !this.#window.isEmpty) {
      this.#now += 1;
      this.#window.now = this.#now;
      for (let task = this.#window.takeDue(); task !== null; task = this.#window.takeDue()) {
        task.isWindowOver = true;
        this.#settleIfDue(task);
      }
      const asker = this.#asker();
      if (asker === null) break;
      this.#serve(asker);
    }
    this.#arena.tally.unresolved += tasks - this.#next;
  }

  get #isIdle(): boolean {
    return this.#arena.attacker.names !== undefined;
  }

  // A busy network hears its workers one after the other; in an idle one the coordinator draws among all of them, by stake.
  #asker(): Operator | null {
    const { workers } = this.#arena;
    if (this.#isIdle) return workers.drawByStake(this.#weigh, defaultPolicy.drawNewcomerPercent);
    if (this.#askers.length === 0) this.#askers = workers.inTurn();
    const next = this.#askers.pop();
    return next === undefined || workers.lives(next) ? (next ?? null) : this.#asker();
  }

  readonly #weigh = ({ stake }: Operator): number => {
    const pledged = Math.floor(((this.#cover.pledge / whole) * PRICE * stake) / whole);
    return weightOfPledge(BigInt(pledged), defaultPolicy.drawCap);
  };

  #serve(asker: Operator): void {
    const { tasks, workers } = this.#arena;
    const fits = (task: Task): boolean => this.#fits(task, asker);
    // In an idle network what has begun finds somebody at once.
    const rounds = this.#isIdle ? 0 : defaultPolicy.mixRounds;
    const isForBegun = this.#begun.isForBegun(rounds * workers.perRound);
    const task =
      (isForBegun || this.#next >= tasks ? this.#begun.draw(fits) : null) ?? this.#begin() ?? this.#begun.find(fits);
    if (task !== null) this.#lease(task, asker);
    else this.#missLate();
  }

  #begin(): Task | null {
    if (this.#next >= this.#arena.tasks) return null;
    const task = freshTask(this.#next, { wanted: this.#rules.terms.replicas, since: this.#now });
    this.#next += 1;
    this.#arena.tally.tasks += 1;
    return task;
  }

  // Who looks at what others said had better stand behind his word, where such a one can come soon.
  #fits(task: Task, asker: Operator): boolean {
    if (askedOf(task).includes(asker)) return false;
    if (task.round === "replicas" || this.#cover.backs(asker)) return true;
    const waited = this.#now - task.since;
    return waited > BACKING_WINDOWS * this.#rules.windowResults * this.#arena.workers.perRound;
  }

  #lease(task: Task, operator: Operator): void {
    task.leases = [...task.leases, this.#cover.lease(operator, operator.standing < this.#rules.probationChecks)];
    task.wanted -= 1;
    if (task.wanted > 0) {
      this.#begun.add(task);
      return;
    }
    this.#begun.remove(task);
    this.#answer(task);
  }

  /** All of the round commit, and then show what they said: each knows what its accomplices have. */
  #answer(task: Task): void {
    const { leases, round } = task;
    const isFirst = round === "replicas";
    const isAlone = this.#rules.terms.replicas === 1;
    const holdsEnough = isFirst ? leases.every(({ operator }) => operator.isBad) : round === "audit" && isAlone;
    const isSecondLook =
      round === "fresh" || (round === "audit" && !askedOf({ ...task, leases: [] }).some(({ isBad }) => isBad));
    task.leases = [];
    for (const lease of leases) this.#hear(task, lease, { holdsEnough, isSecondLook });
    this.#rule(task, this.#rules.terms.replicas + task.audits);
    if (!isFirst || task.result === null || task.refuted.length > 0) return;
    // The draw is made over first answers, after they were given; whoever stands alone and is new or without a pledge is checked anyway.
    const isChecked = isAlone && leases.some((lease) => lease.isChecked);
    const isCanary = isAlone && task.position < this.#rules.canaries;
    if (this.#isDrawn(task.position) || isChecked || isCanary) this.#order(task);
  }

  #hear(task: Task, lease: Lease, seen: { readonly holdsEnough: boolean; readonly isSecondLook: boolean }): void {
    const { percent } = this.#arena;
    const { operator } = lease;
    const said = [...task.standing, ...task.refuted].find((given) => given.operator?.isBad === true)?.answer ?? null;
    const isChecked = this.#rules.terms.replicas === 1 && lease.isChecked;
    const advantage = advantageOf(this.#rules, { ...lease, ...seen, isChecked, percent });
    const answer = answerOf(this.#arena, operator, { ...seen, said, seenAlone: null, advantage });
    const { fine: amount, isUnderfined, isThin } = lease;
    const isFresh = task.round === "fresh";
    task.standing = [
      ...task.standing,
      { operator, answer, fine: amount, isUnderfined, isThin, isFresh, isPaid: false },
    ];
  }

  #isDrawn(position: number): boolean {
    const salted: Hash = `0x${position.toString(16).padStart(64, "0")}`;
    const worker = `0x${"00".repeat(20)}` as const;
    const set = commitSetHash({ taskSpec: salted, commitments: [{ worker, attempt: position, commitment: salted }] });
    return isDrawn(lotteryTicket(this.#secret, position), set, this.#rules.terms.auditPpm);
  }

  /** Looks at all answers that stand; when they differ the payer's machine runs the task too, or fresh replicas decide. */
  #rule(task: Task, needed: number): void {
    const { replicas } = this.#rules.terms;
    const { isSecondRound } = task;
    const hasDecider = task.standing.some(({ operator }) => operator === null);
    const resolver = hasDecider ? "referee" : task.round === "fresh" ? "freshReplicas" : "agreement";
    const ruled = ruling(task.standing, { needed, replicas, resolver, isSecondRound });
    switch (ruled.kind) {
      case "mismatch":
        this.#decide(task, needed);
        break;
      case "more":
        // Alone the referee blames nobody: one more operator is heard.
        this.#ask(task, "fresh", ruled.count);
        break;
      case "freshAgain":
        task.isSecondRound = true;
        for (const given of task.standing) given.isFresh = false;
        this.#ask(task, "fresh", replicas + 1);
        break;
      case "disputed":
      case "nondeterministic":
        this.#end(task, ruled.kind);
        break;
      case "accept": {
        task.standing = task.standing.filter((given) => !ruled.losers.includes(given));
        task.refuted.push(...ruled.losers);
        this.#accept(task, ruled.answer);
        for (const { operator, fine: amount } of ruled.caught) if (operator !== null) this.#catch(operator, amount);
      }
    }
  }

  #decide(task: Task, needed: number): void {
    if (!this.#rules.hasReferee) {
      this.#ask(task, "fresh", this.#rules.terms.replicas + 1);
      return;
    }
    this.#arena.tally.executions += 1;
    task.standing = [...task.standing, refereesAnswer];
    this.#rule(task, needed);
  }

  #ask(task: Task, round: Round, wanted: number): void {
    task.round = round;
    task.wanted = wanted;
    task.since = this.#now;
    this.#begun.add(task);
  }

  #accept(task: Task, answer: Answer): void {
    const isFirst = task.result === null;
    task.result = answer;
    const isAudited = task.audits > 0;
    for (const given of task.standing) {
      const { operator, isPaid } = given;
      if (operator === null) continue;
      if (task.standing.length > 1 && !(isPaid && isAudited)) operator.standing += 1;
      if (isPaid || this.#isUnproven(task, given)) continue;
      given.isPaid = true;
      pay(this.#arena, operator, whole);
    }
    if (isFirst) this.#window.add(task);
    if (this.#lacksBacking(task)) this.#order(task);
    else this.#settleIfDue(task);
  }

  // Whoever has nothing at stake is paid with the check of his answer and not before.
  #isUnproven(task: Task, given: Given): boolean {
    return given.isUnderfined && (task.standing.length === 1 || this.#lacksBacking(task));
  }

  #lacksBacking({ standing, looks }: Task): boolean {
    const isWeak = standing.length > 1 && standing.every(({ isThin }) => isThin);
    return isWeak && looks < LOOKS_MAX && this.#arena.workers.some((one) => this.#cover.backs(one));
  }

  /** Has a task run once more: as an ordinary lease, by somebody else. */
  #order(task: Task): void {
    if (task.wanted > 0 || task.isOver) return;
    task.audits += 1;
    if (task.standing.length > 1) task.looks += 1;
    this.#ask(task, "audit", 1);
  }

  #catch(operator: Operator, amount: number): void {
    fine(this.#arena, operator, amount);
    this.#arena.workers.expel(operator, operator.isBad && this.#arena.attacker.reenters);
    if (!this.#rules.retroChecks) return;
    for (const task of this.#window.waiting())
      if (task.standing.some((given) => given.operator === operator)) this.#order(task);
  }

  #settleIfDue(task: Task): void {
    if (!task.isWindowOver || task.wanted > 0 || task.isOver) return;
    const { tally } = this.#arena;
    task.isOver = true;
    if (task.result === "lie") tally.wrongAccepted += 1;
    for (const given of [...task.standing, ...task.refuted]) this.#cover.release(given);
    for (const { operator, answer } of task.refuted)
      if (operator?.isBad === false && answer === "right") reject(this.#arena, operator);
    // Whoever's check never came is paid now: nobody contradicts it any more.
    for (const { operator, isPaid } of task.standing)
      if (operator !== null && !isPaid) pay(this.#arena, operator, whole);
  }

  /** Nobody could be asked: a result stands without its audit, and a task without a result stays without one. */
  #missLate(): void {
    const rounds = GIVE_UP_ROUNDS * this.#arena.workers.perRound;
    const task = this.#begun.find(({ since }) => since + rounds < this.#now);
    if (task === null) return;
    this.#begun.remove(task);
    task.wanted = 0;
    if (task.result === null || task.round === "fresh") {
      this.#end(task, "disputed");
      return;
    }
    task.audits -= 1;
    this.#settleIfDue(task);
  }

  /** Nothing is accepted. Where the program is to blame everybody is paid; where nobody knows, nobody is yet. */
  #end(task: Task, how: "disputed" | "nondeterministic"): void {
    task.isOver = true;
    this.#arena.tally.unresolved += 1;
    for (const given of [...task.standing, ...task.refuted]) {
      this.#cover.release(given);
      const { operator, isPaid } = given;
      if (how === "nondeterministic" && operator !== null && !isPaid) pay(this.#arena, operator, whole);
    }
  }
}

const refereesAnswer: Given = {
  operator: null,
  answer: "right",
  fine: 0,
  isUnderfined: false,
  isThin: false,
  isFresh: false,
  isPaid: true,
};
