// A whole worker in this process, with a coordinator that says only what the test wants. Its chain is away all the time.
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArtifactStore, loadConfig, recover, serveBlobs, silentLogger } from "@starling/node-kit";
import {
  type CommitItem,
  type CommitSetItem,
  checkSignedRecord,
  commitmentOf,
  commitSetHash,
  decodeSignedRecord,
  isDrawn,
  jobOrderDigest,
  type LeaseItem,
  lotteryRootFrom,
  lotteryTree,
  type NetworkFile,
  openTicket,
  peerIdHash,
  recordProtocol,
  resultDigest,
  type TaskProgram,
  type TicketItem,
  type TicketTerms,
  taskSpecHash,
  toHex,
} from "@starling/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { workerOptions } from "../../src/config.ts";
import { askControl, type ControlAnswer, type ControlRequest } from "../../src/shell/owner/control.ts";
import { WorkerNode } from "../../src/shell/worker-node.ts";
import { copyProgram, ENDLESS_LOOP, exitWith, sayingProgram } from "../executors/programs.ts";
import { deadline, domain, networkId, newStore, temporaryDirectory, testWorker, within } from "./support.ts";
import { TestCoordinator, type TestSession } from "./test-coordinator.ts";

const owner = testWorker();
const storeFolder = mkdtempSync(join(tmpdir(), "starling-coordinator-"));
let coordinator: TestCoordinator;
let store: ArtifactStore;

beforeAll(async () => {
  [coordinator, store] = await Promise.all([TestCoordinator.open(), newStore(storeFolder)]);
  await serveBlobs(coordinator.network, store, { mayGet: () => true, mayPut: () => true });
});

afterAll(async () => {
  await coordinator.network.close();
  rmSync(storeFolder, { recursive: true, force: true });
});

beforeEach(() => coordinator.begin());

function networkFile(): NetworkFile {
  const { stakeRegistry, jobEscrow, court } = domain;
  return {
    name: "test",
    networkId,
    chainId: domain.chainId,
    contracts: { token: court, stakeRegistry, jobEscrow, court },
    coordinators: [{ address: coordinator.wallet.address, peerId: coordinator.network.peerId }],
    bootstrap: coordinator.network.addresses(),
    confirmations: 1,
  };
}

/** Writes the files of a worker and returns its arguments; starting twice with the same is a restart. */
function argumentsOf(): readonly string[] {
  const folder = temporaryDirectory();
  const place = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const { keys, registration, secret } = owner;
  const consent = { ...registration, worker: keys.wallet.address, peerIdHash: peerIdHash(keys.peerId) };
  return [
    ...["--data-dir", join(folder, "data"), "--network", place("network.json", JSON.stringify(networkFile()))],
    // Nobody listens there.
    ...["--rpc-url", "http://127.0.0.1:9"],
    ...["--registration-file", place("registration.json", JSON.stringify(consent))],
    ...["--key-file", place("worker.key", toHex(secret)), "--peer-key-file", place("peer.key", toHex(keys.peerSeed))],
    ...["--no-gossip", "--no-dht", "--slots", "1", "--drain", "20s"],
    // Work for nothing needs no allotment, and so no chain.
    ...["--price-per-task", "0 USD"],
  ];
}

async function startWorker(
  args: readonly string[] = argumentsOf(),
  end: () => void = () => undefined,
): Promise<WorkerNode> {
  const { values, sources } = loadConfig(workerOptions, { args, environment: {} });
  const fail = (error: unknown): void => {
    throw error;
  };
  const node = new WorkerNode(values, { logger: silentLogger, fail, end, sources });
  await node.services.start();
  onTestFinished(async () => void (await node.services.stop()));
  return node;
}

/** A lease of a program, for nothing. */
async function leaseOf(program: Uint8Array, change: Partial<TaskProgram> = {}): Promise<LeaseItem> {
  const task: TaskProgram = {
    runtimeClass: "wasm",
    program: { name: "program", ...(await store.put(program)) },
    args: [],
    env: {},
    inputs: [],
    outputs: [],
    seed: 1,
    limits: { timeoutMs: 20_000, memoryBytes: 16 * 1024 * 1024, outputBytes: 1024 * 1024, logBytes: 1_000 },
    ...change,
  };
  const place = { jobId: `0x${"1b".repeat(32)}`, step: "map", index: leases } as const;
  leases += 1;
  return {
    leaseId: `0x${leases.toString(16).padStart(64, "0")}`,
    ...place,
    taskSpec: taskSpecHash(place, task),
    attempt: 1,
    escrowId: `0x${"1e".repeat(32)}`,
    payer: owner.operator.address,
    price: 0n,
    fine: 9n,
    leaseMs: 60_000,
    traceId: "trace",
    task,
  };
}

let leases = 0;

/** Closes a task's set with the worker's commitment alone. */
async function closeSet(session: TestSession, item: LeaseItem, { commitment, attempt }: CommitItem): Promise<void> {
  const commitments = [{ worker: owner.keys.wallet.address, attempt, commitment }];
  await session.commitSets([{ taskSpec: item.taskSpec, commitments }]);
}

async function committed(session: TestSession): Promise<CommitItem> {
  const [item] = (await session.next("commits")).items;
  if (item === undefined) throw new Error("a frame of commits without any");
  return item;
}

/** The lottery of the lease's job as its payer bound himself to it, and the task's ticket as it fell for a set. */
function lotteryOf(item: LeaseItem, set: CommitSetItem): { readonly terms: TicketTerms; readonly opened: TicketItem } {
  const [secret, tasks, auditPpm] = [item.taskSpec, item.index + 5, 40_000];
  const tree = lotteryTree(secret, tasks);
  const order = {
    requester: item.payer,
    coordinator: coordinator.wallet.address,
    budget: 1n,
    specHash: item.taskSpec,
    lotteryRoot: lotteryRootFrom(secret, { tasks, auditPpm }),
    deadline: 2_000_000_000,
    salt: item.jobId,
  };
  const orderSignature = owner.operator.sign(jobOrderDigest(domain, order));
  const ticket = openTicket(tree, { secret, position: item.index });
  const drawn = isDrawn(ticket.ticket, commitSetHash(set), auditPpm);
  return {
    terms: { order, orderSignature, ticketRoot: tree.root, tasks, auditPpm },
    opened: { taskSpec: item.taskSpec, ...ticket, drawn },
  };
}

/** Asks the worker of these arguments as its owner; resolves with everything that it says. */
async function asOwner(args: readonly string[], request: ControlRequest): Promise<readonly ControlAnswer[]> {
  const answers: ControlAnswer[] = [];
  await within(askControl(folderOf(args), request, (answer) => answers.push(answer)));
  return answers;
}

function folderOf(args: readonly string[]): string {
  return args[args.indexOf("--data-dir") + 1] ?? "";
}

async function copyLease(content: Uint8Array, copies = 1): Promise<LeaseItem> {
  const inputs = [{ name: "data", ...(await store.put(content)) }];
  const outputs = Array.from({ length: copies }, (_, i) => ({ name: `copy${i}`, path: "copy" }));
  return await leaseOf(copyProgram("data"), { inputs, outputs });
}

describe("a worker", () => {
  test("works a lease from its inputs to its pay", async () => {
    const node = await startWorker();
    const session = await coordinator.sessions.next();
    expect((await session.next("ask")).freeSlots).toBeGreaterThan(0);
    const content = new TextEncoder().encode("some input");
    const item = await copyLease(content);
    await session.leases([item]);
    expect((await session.next("accepts")).leases).toEqual([{ leaseId: item.leaseId, attempt: 1 }]);
    const commit = await committed(session);
    await closeSet(session, item, commit);
    const { escrowId, fine, items } = await session.next("reveals");
    const [reveal] = items;
    expect({ escrowId, fine }).toEqual({ escrowId: item.escrowId, fine: 9n });
    expect(Buffer.from(reveal?.inline[0]?.bytes ?? []).toString()).toBe("some input");
    expect(reveal?.digest).toBe(resultDigest([{ name: "copy0", ...(await store.put(content)) }]));
    const digest = reveal?.digest ?? item.taskSpec;
    const answer = { worker: owner.keys.wallet.address, digest, salt: reveal?.salt ?? digest };
    expect(commit.commitment).toBe(commitmentOf(item, answer));
    const { leaseId, taskSpec, attempt } = item;
    await session.verdicts([{ leaseId, taskSpec, attempt, verdict: "accepted", reason: "" }]);
    await session.voucher({ escrowId, worker: owner.keys.wallet.address, cumulative: 5n });
    const commitments = [{ worker: owner.keys.wallet.address, attempt, commitment: commit.commitment }];
    const { terms, opened } = lotteryOf(item, { taskSpec, commitments });
    await session.tickets(terms, [opened]);
    // Messages are taken in order: once this one is answered, those before it were.
    await session.leases([item]);
    expect((await session.next("declines")).leases).toMatchObject([{ leaseId, reason: "badLease" }]);
    expect(node.status()).toMatchObject({
      leases: [],
      vouchers: [{ escrowId, cumulative: 5n }],
      lotteries: [{ coordinator: coordinator.wallet.address, inOrder: 1, checks: 0, discrepancies: {}, unopened: 0 }],
    });
  });

  test("pushes large outputs before it names them", async () => {
    await startWorker();
    const session = await coordinator.sessions.next();
    const content = new Uint8Array(30_000).map((_, i) => i % 251);
    const item = await copyLease(content, 3);
    const { cid } = await store.put(content);
    await session.leases([item]);
    const commit = await committed(session);
    // So that it is the worker's push that brings it.
    await store.remove(cid);
    await closeSet(session, item, commit);
    const [reveal] = (await session.next("reveals")).items;
    expect(reveal?.inline).toEqual([]);
    expect(Buffer.from(await store.readAll(cid, 30_000)).equals(content)).toBe(true);
  });

  test("tells why a program failed, with its log", async () => {
    await startWorker();
    const session = await coordinator.sessions.next();
    await session.leases([await leaseOf(sayingProgram("I give up", exitWith(3)))]);
    const [failure] = (await session.next("failures")).items;
    expect(failure).toMatchObject({ kind: "application", reason: "exit", log: "I give up" });
  });

  test("tells that an input can't be had", async () => {
    await startWorker();
    const session = await coordinator.sessions.next();
    const item = await copyLease(new TextEncoder().encode("soon gone"));
    for (const { cid } of item.task.inputs) await store.remove(cid);
    await session.leases([item]);
    const [failure] = (await session.next("failures")).items;
    expect(failure).toMatchObject({ kind: "infrastructure", reason: "inputUnavailable" });
  });

  test("has its answer after a restart, and gives the same one", async () => {
    const args = argumentsOf();
    const first = await startWorker(args);
    const session = await coordinator.sessions.next();
    const item = await copyLease(new TextEncoder().encode("kept"));
    await session.leases([item]);
    const before = await committed(session);
    await first.services.stop();
    await startWorker(args);
    const again = await coordinator.sessions.next();
    expect((await again.next("hello")).holding).toEqual([{ leaseId: item.leaseId, attempt: 1 }]);
    const after = await committed(again);
    expect(after.commitment).toBe(before.commitment);
    await closeSet(again, item, after);
    const [reveal] = (await again.next("reveals")).items;
    expect(Buffer.from(reveal?.inline[0]?.bytes ?? []).toString()).toBe("kept");
  });

  test("is known by a record that all its keys signed, a newer one in each life", async () => {
    const args = argumentsOf();
    const first = await startWorker(args);
    const { record } = await (await coordinator.sessions.next()).next("hello");
    const { keys } = owner;
    const stream = await coordinator.network.openStream(keys.peerId, recordProtocol, { signal: deadline() });
    const served = within(new Promise<Uint8Array>((resolve) => stream.onFrame((frame) => resolve(frame))));
    await stream.send(new Uint8Array(0));
    expect(decodeSignedRecord(await served)).toEqual(record);
    expect(checkSignedRecord(record, { networkId, domain, recover, now: Date.now() })).toBeNull();
    expect(record.record.classes.map(({ name }) => name)).toEqual(["wasm"]);
    await first.services.stop();
    await startWorker(args);
    const later = await (await coordinator.sessions.next()).next("hello");
    expect(later.record.record.seq).toBeGreaterThan(record.record.seq);
  });

  test("drains: no more work is taken, what was committed is revealed, and it says goodbye", async () => {
    const node = await startWorker();
    const session = await coordinator.sessions.next();
    const item = await copyLease(new TextEncoder().encode("last"));
    await session.leases([item]);
    const commit = await committed(session);
    const drained = node.drain("SIGTERM");
    // Earlier asks may still be on their way.
    await session.messages.nextOf(
      (message): message is typeof message => message.type === "ask" && message.freeSlots === 0,
    );
    await closeSet(session, item, commit);
    await session.next("reveals");
    await within(drained);
    await node.services.stop();
    await session.next("bye");
    await within(session.closed);
  });

  test("does what its owner says on this machine, and whom it leaves is told", async () => {
    const args = argumentsOf();
    await startWorker(args);
    const session = await coordinator.sessions.next();
    expect(statSync(join(folderOf(args), "control.sock")).mode & 0o777).toBe(0o600);
    const item = await leaseOf(sayingProgram("I spin", ENDLESS_LOOP));
    await session.leases([item]);
    await session.next("accepts");
    expect(await asOwner(args, { verb: "pause" })).toMatchObject([
      { ok: true, status: { state: "paused", running: 1 } },
    ]);
    const reclaimed = await asOwner(args, { verb: "reclaim", noticeMs: 200 });
    expect(reclaimed).toMatchObject([
      { ok: true, status: { state: "reclaiming", until: expect.any(String), running: 1 } },
      { ok: true, status: { state: "reclaimed", running: 0 } },
    ]);
    expect((await session.next("failures")).items).toMatchObject([
      { leaseId: item.leaseId, kind: "infrastructure", reason: "reclaimed" },
    ]);
    expect(await asOwner(args, { verb: "pause" })).toMatchObject([{ ok: false }]);
    expect(await asOwner(args, { verb: "resume" })).toMatchObject([{ ok: true, status: { state: "working" } }]);
    await session.messages.nextOf(
      (message): message is typeof message => message.type === "ask" && message.freeSlots > 0,
    );
  });

  test("ends by itself when its owner drains it", async () => {
    const args = argumentsOf();
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await startWorker(args, ended);
    await coordinator.sessions.next();
    expect(await asOwner(args, { verb: "drain" })).toMatchObject([
      { ok: true },
      { ok: true, status: { state: "draining" } },
    ]);
    await within(end);
  });

  test("that does not run has no owner's desk", async () => {
    await expect(asOwner(argumentsOf(), { verb: "status" })).rejects.toThrow("no worker runs");
  });

  test("does not share its folder", async () => {
    const args = argumentsOf();
    await startWorker(args);
    await expect(startWorker(args)).rejects.toThrow("in use by process");
  });
});
