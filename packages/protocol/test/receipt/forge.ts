// Makes receipts as a coordinator would, from small jobs with honest and lying workers; every hand in it can be told to cheat.
import {
  batchReceiptDigest,
  commitLeaf,
  commitmentOf,
  type FrameSignature,
  frameDigest,
  type Hash,
  type ItemEvidence,
  type JobSpec,
  jobIdOf,
  jobOrderDigest,
  keccakText,
  lotteryRootFrom,
  lotteryTree,
  mapStep,
  merkleProof,
  merkleTree,
  type NetworkFile,
  openTicket,
  type Receipt,
  type ReceiptAnswer,
  type ReceiptBody,
  type ReceiptFailure,
  type ReceiptSet,
  type ReceiptTask,
  receiptLeaf,
  recordRegistrationDigest,
  reduceStep,
  reduceTask,
  replicasHash,
  resultDigest,
  resultHashOf,
  resultLeaf,
  sealReceipt,
  specHash,
  taskAt,
  taskCount,
  taskSpecHash,
  totalTasks,
  trustTerms,
  type UndecidedTask,
  zeroHash,
} from "@starling/protocol";
import { type Account, account, domain, type TestWorker, testWorker } from "../keys.ts";

export const payer = account("payer");
export const coordinator = account("coordinator");
export const workers = ["a", "b", "c", "d", "e", "f"].map(testWorker);
/** The payer's own machine: its operator is the payer. */
export const refereeWorker: TestWorker = { ...testWorker("referee"), operator: payer };
const escrowId = keccakText("escrow");
/** Of the audit lottery. None of the sets below is drawn under it, but where the rate is one. */
export const secret = keccakText("lottery");

export const network: NetworkFile = {
  name: "test",
  networkId: "devnet",
  chainId: domain.chainId,
  contracts: {
    token: `0x${"a4".repeat(20)}`,
    stakeRegistry: domain.stakeRegistry,
    jobEscrow: domain.jobEscrow,
    court: domain.court,
  },
  coordinators: [{ address: coordinator.address, peerId: "12D3KooW" }],
  bootstrap: [],
  confirmations: 1,
};

const step: JobSpec["map"] = {
  runtimeClass: "wasm",
  program: { name: "program.wasm", cid: `cid:${"1".repeat(64)}`, size: 10 },
  args: ["${item.lr}"],
  env: {},
  outputs: [{ name: "score", path: "score.json" }],
  needs: { cpuCores: 1, memoryBytes: 2 ** 28, diskBytes: 2 ** 28, gpu: null },
  limits: { timeoutMs: 10_000, memoryBytes: 2 ** 28, outputBytes: 2 ** 20, logBytes: 65_536 },
};

export const spec: JobSpec = {
  version: 1,
  map: step,
  each: { kind: "matrix", axes: [{ name: "lr", values: ["0.1", "0.2"] }], exclude: [] },
  inputs: [{ name: "data", cid: `cid:${"2".repeat(64)}`, size: 20 }],
  reduce: { ...step, args: [], outputs: [{ name: "best", path: "best.json" }] },
  seed: 7,
  trust: "quorum",
};

/** Who answers a task, and what; a worker that is not told otherwise answers "right". */
export interface Scene {
  readonly party: TestWorker;
  readonly says?: string;
  readonly round?: number;
  readonly role?: ReceiptAnswer["role"];
  readonly audit?: ReceiptAnswer["audit"];
  readonly distances?: ReceiptAnswer["distances"];
  /** It commits and never reveals. */
  readonly withholds?: true;
}

export interface Story {
  readonly spec?: JobSpec;
  /** Answers by task name; the default is two honest workers. */
  readonly scenes?: Readonly<Record<string, readonly Scene[]>>;
  readonly acceptedBy?: Readonly<Record<string, ReceiptTask["acceptedBy"]>>;
  /** Tasks of which nothing is accepted. */
  readonly undecided?: Readonly<Record<string, UndecidedTask["outcome"]>>;
  readonly auditMissed?: Readonly<Record<string, string>>;
  readonly coordinator?: Account;
  readonly payer?: Account;
  /** Another root in the payer's order than that of his lottery at the rate of his spec. */
  readonly lotteryRoot?: Hash;
  /** The last word before sealing. */
  readonly change?: (body: ReceiptBody) => ReceiptBody;
}

const outputsOf = (task: string, says: string) => [
  {
    name: task.startsWith(mapStep) ? "score" : "best",
    cid: `cid:${keccakText(`${task} ${says}`).slice(2)}` as const,
    size: 3,
  },
];

/** A sealed receipt of a whole job. */
export function receiptOf(story: Story = {}): Receipt {
  const by = story.coordinator ?? coordinator;
  const owner = story.payer ?? payer;
  const job = story.spec ?? spec;
  const jobId = jobIdOf(owner.address, "key");
  const tasks: ReceiptTask[] = [];
  for (let index = 0; index < taskCount(job.each); index += 1) {
    const place = { jobId, step: mapStep, index };
    tasks.push(taskOf(story, `${mapStep}/${index}`, { place, taskSpec: taskSpecHash(place, taskAt(job, index)) }));
  }
  const program = reduceTask(
    job,
    tasks.map((task) => task.outputs),
  );
  const place = { jobId, step: reduceStep, index: 0 };
  if (program !== null) tasks.push(taskOf(story, `${reduceStep}/0`, { place, taskSpec: taskSpecHash(place, program) }));
  const order = {
    requester: owner.address,
    coordinator: by.address,
    budget: 1_000_000n,
    specHash: specHash(job),
    lotteryRoot:
      story.lotteryRoot ??
      lotteryRootFrom(secret, { tasks: totalTasks(job), auditPpm: trustTerms(job.trust).auditPpm }),
    deadline: 1_800_000_000,
    salt: jobId,
  };
  const isDecided = (task: ReceiptTask): boolean => story.undecided?.[`${task.step}/${task.index}`] === undefined;
  const anchored = anchor(tasks.filter(isDecided), by);
  const undecided = tasks.flatMap(({ step, index, taskSpec, answers, sets }): UndecidedTask[] => {
    const outcome = story.undecided?.[`${step}/${index}`];
    return outcome === undefined ? [] : [{ step, index, taskSpec, answers, sets, outcome, reason: "answers differ" }];
  });
  const used = new Set(tasks.flatMap(({ sets }) => sets.flatMap((set) => set.commitments.map(({ worker }) => worker))));
  const parties = [
    ...workers,
    refereeWorker,
    ...Object.values(story.scenes ?? {})
      .flat()
      .map(({ party }) => party),
  ];
  const known = new Map(
    parties.filter(({ worker }) => used.has(worker.address)).map((party) => [party.worker.address, party]),
  );
  const body: ReceiptBody = {
    format: "starling/receipt/2",
    networkId: "devnet",
    domain,
    coordinator: by.address,
    jobId,
    payer: owner.address,
    idempotencyKey: "key",
    name: "a job",
    labels: { team: "x" },
    order,
    orderSignature: owner.sign(jobOrderDigest(domain, order)),
    spec: job,
    escrowId,
    ...anchored,
    undecided,
    workers: [...known.values()].map(workerOf),
    issuedAt: 1_700_000_000_000,
  };
  return sealReceipt(story.change?.(body) ?? body, by.sign);
}

const [one, two, three, four] = workers;

/** A job in whose receipt each part of the format stands at least once: all sets are drawn, and not everything went well. */
export const eventful: Story = {
  spec: {
    ...spec,
    trust: {
      ...{ replicas: 2, auditPpm: 1_000_000, distinct: ["operator"], valueTimes: 0 },
      compare: { score: { kind: "numeric", format: "json", abs: 0, rel: 1e-4, l2: 1e-5 } },
    },
  },
  scenes: {
    "map/0": [
      { party: present(one) },
      { party: present(two), withholds: true },
      {
        party: present(three),
        round: 1,
        says: "near",
        distances: [{ output: "score", l2: 1e-6, maxAbs: 0.5, maxRel: 0, within: true }],
      },
      { party: present(four), round: 2, audit: "lottery" },
    ],
    "map/1": [
      { party: present(one), says: "wrong" },
      { party: present(two) },
      { party: refereeWorker, round: 1, role: "referee" },
    ],
    "reduce/0": [
      { party: present(one) },
      { party: present(two) },
      { party: present(three), round: 1, audit: "lottery" },
    ],
  },
  acceptedBy: { "map/1": "referee" },
};

function present(party: TestWorker | undefined): TestWorker {
  if (party === undefined) throw new Error("no such worker");
  return party;
}

/** Seals a changed receipt again, as a cheating coordinator would. */
export function resealed(receipt: Receipt, change: (body: Receipt) => ReceiptBody, by: Account = coordinator): Receipt {
  const { seal: _old, ...body } = change(receipt) as Receipt;
  return sealReceipt(body, by.sign);
}

function workerOf(party: TestWorker) {
  const names = { worker: party.worker.address, operator: party.operator.address, peerId: party.peerId };
  return {
    ...names,
    registrationSeq: 1,
    operatorSignature: party.operator.sign(recordRegistrationDigest(domain, names, 1) ?? zeroHash),
  };
}

function taskOf(
  story: Story,
  name: string,
  of: { readonly place: { readonly step: string; readonly index: number }; readonly taskSpec: Hash },
): ReceiptTask {
  const [first, second] = workers;
  if (first === undefined || second === undefined) throw new Error("no workers");
  const scenes = story.scenes?.[name] ?? [{ party: first }, { party: second }];
  const committed = scenes
    .map((scene, i) => ({ scene, answer: answerOf(scene, { name, taskSpec: of.taskSpec, attempt: i + 1 }) }))
    .sort((a, b) => a.answer.round - b.answer.round || (a.answer.worker < b.answer.worker ? -1 : 1));
  const answers = committed.filter(({ scene }) => scene.withholds === undefined).map(({ answer }) => answer);
  const outputs = outputsOf(name, "right");
  const digest = resultDigest(outputs);
  return {
    step: of.place.step,
    index: of.place.index,
    taskSpec: of.taskSpec,
    attempt: answers.find((answer) => answer.digest === digest)?.attempt ?? 0,
    digest,
    outputs,
    acceptedBy: story.acceptedBy?.[name] ?? "agreement",
    answers,
    sets: setsOf(committed),
    ...(of.place.index === 0 ? { failures: [failure] } : {}),
    ticket: ticketOf(story.spec ?? spec, of.place),
    auditMissed: story.auditMissed?.[name] ?? null,
    anchor: null,
  };
}

function setsOf(committed: readonly { readonly scene: Scene; readonly answer: ReceiptAnswer }[]): ReceiptSet[] {
  const rounds = [...new Set(committed.map(({ answer }) => answer.round))];
  return rounds.map((round) => ({
    round,
    commitments: committed
      .filter(({ answer }) => answer.round === round)
      .map(({ scene, answer: { worker, attempt, commitment, leaseId, commitEvidence } }) => ({
        worker,
        attempt,
        commitment,
        absent: scene.withholds === undefined ? null : { leaseId, commitEvidence },
      })),
  }));
}

function ticketOf(job: JobSpec, { step, index }: { readonly step: string; readonly index: number }) {
  const position = step === mapStep ? index : taskCount(job.each);
  return openTicket(lotteryTree(secret, totalTasks(job)), { secret, position });
}

const usage = { wallMs: 1_200, cpuMs: 1_100, peakMemoryBytes: 5_000_000, bytesIn: 30, bytesOut: 3 };

/** Of an attempt before those that answered. */
const failure: ReceiptFailure = {
  worker: account("failing").address,
  attempt: 0,
  kind: "application",
  reason: "memory",
  message: "killed for memory",
  ending: { exitCode: 137, signal: 9, outOfMemory: true },
  usage: { ...usage, fuel: 9 },
};

function answerOf(
  scene: Scene,
  of: { readonly name: string; readonly taskSpec: Hash; readonly attempt: number },
): ReceiptAnswer {
  const { worker } = scene.party;
  const { taskSpec, attempt } = of;
  const outputs = outputsOf(of.name, scene.says ?? "right");
  const digest = resultDigest(outputs);
  const salt = keccakText(`salt ${worker.address} ${of.name}`);
  const leaseId = keccakText(`lease ${of.name} ${attempt}`);
  const commitment = commitmentOf(of, { worker: worker.address, digest, salt });
  const commit = commitLeaf({ leaseId, taskSpec, attempt, commitment });
  const fine = 5_000n;
  const reveal = receiptLeaf(of, digest);
  return {
    leaseId,
    worker: worker.address,
    attempt,
    role: scene.role ?? "replica",
    audit: scene.audit ?? null,
    round: scene.round ?? 0,
    commitment,
    commitEvidence: evidence(commit, (root, frame) =>
      worker.sign(frameDigest(domain, { kind: "commit", ...frame, root })),
    ),
    digest,
    salt,
    outputs,
    revealEvidence: evidence(reveal, (root) =>
      worker.sign(batchReceiptDigest(domain, { escrowId, resultsRoot: root, fine })),
    ),
    fine,
    paid: scene.role === "referee" ? 0n : 10_000n,
    distances: scene.distances ?? [],
    // Executors that count no steps say nothing: receipts have both kinds of answers.
    fuel: attempt % 2 === 0 ? 1_000 + attempt : undefined,
    // Coordinators of before left all of this out.
    ...(attempt % 2 === 0 ? { usage: { ...usage, gpu: { memoryBytes: 2 ** 30, busyPercent: 40 } } } : {}),
  };
}

// The item shares its frame with two others, so that there is a proof to check.
function evidence(
  leaf: Hash,
  sign: (root: Hash, frame: Omit<FrameSignature, "root" | "signature">) => FrameSignature["signature"],
): ItemEvidence {
  const tree = merkleTree([keccakText("before"), leaf, keccakText("after")]);
  const frame = { count: 3, epoch: 2, sequence: 11 };
  return {
    frame: { root: tree.root, ...frame, signature: sign(tree.root, frame) },
    index: 1,
    proof: merkleProof(tree, 1),
  };
}

function anchor(tasks: readonly ReceiptTask[], by: Account): Pick<ReceiptBody, "tasks" | "batches"> {
  // Another job's result comes first: batches are shared by the jobs of an escrow.
  const leaves = tasks.map((task, i) =>
    resultLeaf({
      index: i + 1,
      taskSpec: task.taskSpec,
      attempt: task.attempt,
      resultHash: resultHashOf(task.taskSpec, task.digest),
      replicasHash: replicasHash(
        task.answers.map(({ worker, attempt, digest }) => ({
          worker,
          attempt,
          resultHash: resultHashOf(task.taskSpec, digest),
        })),
      ),
    }),
  );
  const tree = merkleTree([keccakText("another job"), ...leaves]);
  const frame = { root: tree.root, count: tree.count, epoch: 2, sequence: 4 };
  const signature = by.sign(frameDigest(domain, { kind: "anchor", ...frame }));
  const place = { blockNumber: 12, blockHash: keccakText("block"), txHash: keccakText("transaction"), logIndex: 1 };
  return {
    tasks: tasks.map((task, i) => ({ ...task, anchor: { batch: 3, index: i + 1, proof: merkleProof(tree, i + 1) } })),
    batches: [{ batch: 3, root: tree.root, count: tree.count, signed: { ...frame, signature }, place }],
  };
}
