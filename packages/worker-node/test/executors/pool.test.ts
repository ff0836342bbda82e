// The pool: warm sandboxes are lent again to the payer that used them, and to nobody else.
import { beforeEach, describe, expect, test } from "vitest";
import { OWN_PROGRAMS, SandboxPool } from "../../src/shell/executors/wasm/pool.ts";

class FakeSandbox {
  readonly name: number;
  dead = false;

  constructor(name: number) {
    this.name = name;
  }

  kill(): Promise<void> {
    this.dead = true;
    return Promise.resolve();
  }
}

const calm = { signal: new AbortController().signal };

describe("the pool", () => {
  let made: FakeSandbox[] = [];
  beforeEach(() => {
    made = [];
  });
  const start = (): Promise<FakeSandbox> => {
    const sandbox = new FakeSandbox(made.length);
    made.push(sandbox);
    return Promise.resolve(sandbox);
  };
  const poolOf = (slots: number): SandboxPool<FakeSandbox> => new SandboxPool(start, slots);

  test("is filled in advance and lends what is there", async () => {
    const pool = poolOf(2);
    pool.warm();
    expect(made).toHaveLength(2);
    const loan = await pool.acquire("a", calm);
    expect(made).toContain(loan.sandbox);
    expect(made).toHaveLength(2);
  });

  test("gives a payer its own sandbox back, and another payer another one", async () => {
    const pool = poolOf(2);
    const first = await pool.acquire("a", calm);
    first.release();
    const other = await pool.acquire("b", calm);
    expect(other.sandbox).not.toBe(first.sandbox);
    const again = await pool.acquire("a", calm);
    expect(again.sandbox).toBe(first.sandbox);
    expect(first.sandbox.dead).toBe(false);
  });

  test("gives any payer a sandbox that only the daemon's own programs have used", async () => {
    const pool = poolOf(1);
    const own = await pool.acquire(OWN_PROGRAMS, calm);
    own.release();
    const first = await pool.acquire("a", calm);
    expect(first.sandbox).toBe(own.sandbox);
    first.release();
    expect((await pool.acquire(OWN_PROGRAMS, calm)).sandbox).not.toBe(own.sandbox);
  });

  test("kills a stranger's idle sandbox when all slots are taken", async () => {
    const pool = poolOf(1);
    const first = await pool.acquire("a", calm);
    first.release();
    const other = await pool.acquire("b", calm);
    expect(other.sandbox).not.toBe(first.sandbox);
    await Promise.resolve();
    expect(first.sandbox.dead).toBe(true);
    expect(other.sandbox.dead).toBe(false);
  });

  test("lets a task wait while all slots are busy, in order", async () => {
    const pool = poolOf(1);
    const loan = await pool.acquire("a", calm);
    const order: string[] = [];
    const waiting = ["b", "c"].map(async (payer) => {
      const next = await pool.acquire(payer, calm);
      order.push(payer);
      next.release();
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    loan.release();
    await Promise.all(waiting);
    expect(order).toEqual(["b", "c"]);
  });

  test("stops waiting on abort", async () => {
    const pool = poolOf(1);
    await pool.acquire("a", calm);
    const controller = new AbortController();
    const waiting = pool.acquire("b", { signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
  });

  test("replaces a sandbox that died, busy or idle", async () => {
    const pool = poolOf(1);
    const first = await pool.acquire("a", calm);
    first.sandbox.dead = true;
    first.release();
    const second = await pool.acquire("a", calm);
    expect(second.sandbox).not.toBe(first.sandbox);
    second.release();
    second.sandbox.dead = true;
    const third = await pool.acquire("a", calm);
    expect(third.sandbox.dead).toBe(false);
  });

  test("passes on why none could be started, and tries again", async () => {
    let broken = true;
    const pool = new SandboxPool(() => (broken ? Promise.reject(new Error("no memory")) : start()), 1);
    pool.warm();
    await expect(pool.acquire("a", calm)).rejects.toThrow("no memory");
    broken = false;
    expect((await pool.acquire("a", calm)).sandbox.dead).toBe(false);
  });

  test("kills everything on close and lends no more", async () => {
    const pool = poolOf(2);
    const loan = await pool.acquire("a", calm);
    await pool.close();
    expect(loan.sandbox.dead).toBe(true);
    loan.release();
    await expect(pool.acquire("a", calm)).rejects.toThrow("closed");
    expect(made).toHaveLength(1);
  });
});
