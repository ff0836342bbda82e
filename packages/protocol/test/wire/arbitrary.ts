// Random messages that keep every bound, for round trips.
import {
  type ArtifactRef,
  type Cid,
  type CoordinatorMessage,
  declineReasons,
  type FrameSignature,
  type Hex,
  holdReasons,
  limits,
  measures,
  runtimeClasses,
  type SignedTaskOffer,
  type SignedWorkerRecord,
  type TaskProgram,
  toHex,
  type WorkerMessage,
} from "@starling/protocol";
import fc from "fast-check";

const hex = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => toHex(b));
const hash = hex(32);
const address = hex(20);
const signature = hex(65);
const cid = hash.map((text): Cid => `cid:${text.slice(2)}`);
const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const attempt = fc.integer({ min: 0, max: limits.uint32 });
const amount = fc.bigInt({ min: 0n, max: limits.amount });
const runtimeClass = fc.constantFrom(...runtimeClasses);
const text = fc.string({ maxLength: 60 });
const word = fc.stringMatching(/^[a-z][A-Za-z]{0,30}$/);
const fileName = fc.stringMatching(/^[a-z][A-Za-z0-9._-]{0,20}$/);
const list = <T>(item: fc.Arbitrary<T>, maxLength = 4) => fc.array(item, { maxLength });

const measurements = fc
  .dictionary(fc.constantFrom(...measures), fc.nat({ max: 30 }), { noNullPrototype: true })
  .map((exponents) => Object.fromEntries(Object.entries(exponents).map(([name, exponent]) => [name, 2 ** exponent])));

const file: fc.Arbitrary<ArtifactRef> = fc.record({
  name: fileName,
  cid,
  size: fc.nat({ max: limits.artifactBytes }),
});

const checkpoint = fc.record({ step: safe, cid, size: fc.integer({ min: 1, max: limits.checkpointBytes }) });
const checkpoints = fc.array(checkpoint, { minLength: 1, maxLength: limits.checkpointsTold });

const taskLimits = fc.record(
  {
    timeoutMs: fc.integer({ min: 1, max: limits.timeoutMsMax }),
    memoryBytes: fc.nat({ max: limits.memoryBytes }),
    outputBytes: fc.nat({ max: limits.outputBytes }),
    logBytes: fc.nat({ max: limits.logBytes }),
    fuel: fc.integer({ min: 1, max: limits.fuel }),
    nan: fc.constant("canonical" as const),
    checkpoint: fc.record({
      bytes: fc.integer({ min: 1, max: limits.checkpointBytes }),
      everyMs: fc.integer({ min: 1, max: limits.checkpointEveryMsMax }),
      graceMs: fc.nat({ max: limits.checkpointGraceMsMax }),
    }),
  },
  { requiredKeys: ["timeoutMs", "memoryBytes", "outputBytes", "logBytes"] },
);

export const program: fc.Arbitrary<TaskProgram> = fc.record(
  {
    runtimeClass,
    program: file,
    root: file,
    args: list(text),
    env: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,10}$/), text, { maxKeys: 4, noNullPrototype: true }),
    inputs: list(file),
    outputs: list(fc.record({ name: fileName, path: fileName })),
    seed: fc.nat({ max: limits.seedMax }),
    limits: taskLimits,
  },
  { requiredKeys: ["runtimeClass", "program", "args", "env", "inputs", "outputs", "seed", "limits"] },
);

const signedOver = (count: number): fc.Arbitrary<FrameSignature> =>
  fc.record({ root: hash, count: fc.constant(count), epoch: safe, sequence: safe, signature });

/** Items with a signature over just as many. */
function signedList<K extends string, T>(key: K, item: fc.Arbitrary<T>) {
  return fc
    .array(item, { minLength: 1, maxLength: 4 })
    .chain((items) =>
      signedOver(items.length).map(
        (signed) => ({ [key]: items, signed }) as { [P in K]: T[] } & { signed: FrameSignature },
      ),
    );
}

export const signedRecord: fc.Arbitrary<SignedWorkerRecord> = fc.record({
  record: fc.record({
    version: fc.constant(1 as const),
    networkId: word,
    peerId: fc.stringMatching(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/),
    worker: address,
    operator: address,
    seq: safe,
    expiresAt: safe,
    resources: fc.record({
      arch: fc.constantFrom("x86_64" as const, "arm64" as const),
      cpuModel: text,
      cpuCores: fc.integer({ min: 1, max: 256 }),
      memoryBytes: safe,
      diskBytes: safe,
      accelerators: list(
        fc.record({
          vendor: fc.constantFrom("nvidia" as const, "amd" as const, "intel" as const),
          model: text,
          vramBytes: safe,
          arch: text,
          driver: text,
          uuid: text,
        }),
      ),
    }),
    classes: list(fc.record({ name: runtimeClass, engine: text, calibration: hash })),
    slots: fc.integer({ min: 1, max: limits.slots }),
    pricePerTask: amount,
    addresses: list(text.map((rest) => `/${rest}`)),
    region: text,
  }),
  peerBindingSignature: signature,
  registration: fc.record({ seq: safe, operatorSignature: signature }),
  envelope: fc.uint8Array({ maxLength: 300 }).map((bytes) => toHex(bytes)),
});

const hosts = fc.constantFrom(["api.example.org:443"], ["10.1.2.3:80", "a.example:8080"]);
const needsWithout = {
  cpuCores: fc.integer({ min: 1, max: limits.cpuCores }),
  memoryBytes: fc.nat({ max: limits.memoryBytes }),
  diskBytes: fc.nat({ max: limits.diskBytes }),
  gpu: fc.option(
    fc.record({
      count: fc.integer({ min: 1, max: limits.gpus }),
      vramBytes: fc.nat({ max: limits.vramBytes }),
      arch: list(text),
    }),
  ),
};

export const offer: fc.Arbitrary<SignedTaskOffer> = fc.record({
  offer: fc.record({
    networkId: word,
    jobId: hash,
    escrowId: hash,
    coordinator: address,
    coordinatorPeerId: fc.stringMatching(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/),
    addresses: list(text.map((rest) => `/${rest}`)),
    runtimeClass,
    needs: fc.oneof(fc.record(needsWithout), fc.record({ ...needsWithout, hosts })),
    open: fc.nat(),
    priceCap: amount,
    sequence: safe,
    expiresAt: safe,
  }),
  signature,
});

const leaseAttempt = fc.record({ leaseId: hash, attempt });
const answered = { leaseId: hash, taskSpec: hash, attempt };
const upTo = (max: number): fc.Arbitrary<number> => fc.maxSafeNat().map((found) => 1 + (found % max));
const usage = fc.record(
  {
    wallMs: upTo(limits.usedMs),
    cpuMs: upTo(limits.usedCpuMs),
    peakMemoryBytes: upTo(limits.usedMemoryBytes),
    fuel: upTo(limits.fuel),
    bytesIn: upTo(limits.usedBytes),
    bytesOut: upTo(limits.usedBytes),
    gpu: fc.record({ memoryBytes: upTo(limits.usedGpuMemoryBytes), busyPercent: fc.nat({ max: 100 }) }),
  },
  { requiredKeys: ["wallMs", "cpuMs", "peakMemoryBytes"] },
);
const reveal = fc.record({
  ...answered,
  digest: hash,
  salt: hash,
  outputs: list(file),
  inline: list(fc.record({ cid, bytes: fc.uint8Array({ maxLength: 200 }) })),
  usage,
});
const ending = fc
  .record(
    {
      exitCode: fc.nat({ max: limits.exitCode }),
      signal: fc.integer({ min: 1, max: limits.signal }),
      outOfMemory: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .filter((found) => Object.keys(found).length > 0);
const failure = fc.record(
  {
    leaseId: hash,
    attempt,
    kind: fc.constantFrom("application" as const, "infrastructure" as const),
    reason: word,
    message: text,
    log: fc.string({ unit: "grapheme", maxLength: 200 }),
    usage,
    ending,
    checkpoints,
  },
  { requiredKeys: ["leaseId", "attempt", "kind", "reason", "message", "log"] },
);

export const workerMessage: fc.Arbitrary<WorkerMessage> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    networkId: word,
    protocolVersion: fc.integer({ min: 1, max: 100 }),
    record: signedRecord,
    holding: list(leaseAttempt),
  }),
  fc.record({
    type: fc.constant("ask" as const),
    freeSlots: fc.nat({ max: limits.slots }),
    classes: list(runtimeClass),
  }),
  fc.record({
    type: fc.constant("ask" as const),
    freeSlots: fc.constant(0),
    classes: list(runtimeClass),
    hold: fc.record(
      { reason: fc.constantFrom(...holdReasons), until: fc.integer({ min: 1, max: 4e12 }) },
      { requiredKeys: ["reason"] },
    ),
  }),
  signedList("leases", leaseAttempt).map((rest) => ({ type: "accepts" as const, ...rest })),
  fc.record({
    type: fc.constant("declines" as const),
    leases: list(fc.record({ leaseId: hash, reason: fc.constantFrom(...declineReasons), message: text })),
  }),
  fc.record({
    type: fc.constant("beat" as const),
    leases: list(
      fc.record(
        { leaseId: hash, done: safe, total: safe, checkpoints },
        { requiredKeys: ["leaseId", "done", "total"] },
      ),
    ),
  }),
  signedList("items", fc.record({ ...answered, commitment: hash })).map((rest) => ({
    type: "commits" as const,
    ...rest,
  })),
  fc
    .tuple(signedList("items", reveal), hash, amount)
    .map(([rest, escrowId, fine]) => ({ type: "reveals" as const, escrowId, fine, ...rest })),
  fc.record({ type: fc.constant("failures" as const), items: list(failure) }),
  fc.record({ type: fc.constant("bye" as const), reason: text }),
  fc.record({
    type: fc.constant("pledge" as const),
    order: fc.record({
      escrowId: hash,
      operator: address,
      total: amount,
      releaseBySeconds: safe,
      deadlineSeconds: safe,
    }),
    signature,
  }),
  fc.record({
    type: fc.constant("ticketsWanted" as const),
    tasks: list(fc.record({ jobId: hash, step: word, index: fc.nat({ max: limits.tasks }) })),
  }),
  fc.record({ type: fc.constant("measured" as const), measured: measurements }),
  fc.record({
    type: fc.constant("challengeAnswer" as const),
    seed: hash,
    product: fc.option(fc.uint8Array({ maxLength: 48 })),
  }),
);

const gpuNeeds = fc.record({
  count: fc.integer({ min: 1, max: limits.gpus }),
  vramBytes: fc.nat({ max: limits.vramBytes }),
  arch: list(word),
});

const leaseWithout = {
  ...answered,
  jobId: hash,
  step: word,
  index: fc.nat(),
  escrowId: hash,
  payer: address,
  price: amount,
  fine: amount,
  leaseMs: fc.integer({ min: 1, max: limits.uint32 }),
  traceId: word,
  task: program,
};
const lease = fc.oneof(
  fc.record(leaseWithout),
  fc.record({ ...leaseWithout, gpu: gpuNeeds }),
  fc.record({ ...leaseWithout, hosts }),
  fc.record({ ...leaseWithout, resume: checkpoint }),
);
const committed = fc.record({ worker: address, attempt, commitment: hash });

export const coordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  fc.record({
    type: fc.constant("challenge" as const),
    challenge: fc.record({
      seed: hash,
      size: fc.integer({ min: 1, max: limits.challengeSize }),
      factors: fc.integer({ min: 1, max: limits.challengeFactors }),
      lanes: fc.integer({ min: 1, max: limits.challengeLanes }),
    }),
    answerMs: fc.integer({ min: 1, max: limits.challengeMs }),
  }),
  fc.record({
    type: fc.constant("hello" as const),
    networkId: word,
    protocolVersion: fc.integer({ min: 1, max: 100 }),
    coordinator: address,
    epoch: safe,
    beatEveryMs: fc.integer({ min: 1, max: 100_000 }),
    binding: fc.option(fc.record({ notAfter: safe, signature })),
  }),
  fc.record({ type: fc.constant("refused" as const), code: word, message: text }),
  signedList("items", lease).map((rest) => ({ type: "leases" as const, ...rest })),
  signedList("items", fc.record({ taskSpec: hash, commitments: list(committed) })).map((rest) => ({
    type: "commitSets" as const,
    ...rest,
  })),
  signedList(
    "items",
    fc.record({
      ...answered,
      verdict: fc.constantFrom("accepted" as const, "rejected" as const, "unneeded" as const),
      reason: text,
    }),
  ).map((rest) => ({ type: "verdicts" as const, ...rest })),
  fc
    .tuple(
      fc.record({
        order: fc.record({
          requester: address,
          coordinator: address,
          budget: amount,
          specHash: hash,
          lotteryRoot: hash,
          deadline: safe,
          salt: hash,
        }),
        orderSignature: signature,
        ticketRoot: hash,
        tasks: fc.integer({ min: 1, max: limits.tasks }),
        auditPpm: fc.integer({ min: 0, max: 1_000_000 }),
      }),
      signedList(
        "items",
        fc.record({
          taskSpec: hash,
          ticket: hash,
          proof: fc.array(hash, { maxLength: 20 }),
          drawn: fc.constantFrom(true, false, null),
        }),
      ),
    )
    .map(([terms, rest]) => ({ type: "tickets" as const, terms, ...rest })),
  fc.record({ type: fc.constant("voucher" as const), escrowId: hash, cumulative: amount, signature }),
  fc.record({ type: fc.constant("revokes" as const), leases: list(fc.record({ leaseId: hash, reason: text })) }),
  fc.record({
    type: fc.constant("pledgeWanted" as const),
    escrowId: hash,
    total: amount,
    releaseBySeconds: safe,
    deadlineSeconds: safe,
  }),
);
