// Every bound of the wire in one table. A peer or a client that goes beyond one is refused by name, before anything is allocated.

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;
const secondMs = 1_000;
const hourMs = 3_600 * secondMs;

/** Sizes in bytes, times in milliseconds, everything else a count. */
export const limits = {
  /** A frame on the work stream. */
  workFrameBytes: mebibyte,
  /** Items under one signature. Bounds the work of checking a frame: two hashes an item and one recovery. */
  frameItems: 256,
  /** A frame on a blob stream: a piece, or the manifest of the largest file. */
  blobFrameBytes: mebibyte,
  /** A piece of a file, on blob streams and in ArtifactService. */
  pieceBytes: 256 * kibibyte,
  /** A gossip message. */
  gossipBytes: 64 * kibibyte,
  /** A signed worker record, which is also a DHT value. */
  recordBytes: 8 * kibibyte,
  /** A request of the API; artifacts come in pieces. */
  requestBytes: mebibyte,
  /** Outputs of one task that ride in the reveal itself, in all. Larger ones are pushed before as blobs. */
  inlineBytes: 64 * kibibyte,
  /** A file. */
  artifactBytes: 64 * gibibyte,

  /** A job document as text, and a canonical spec. */
  specBytes: 512 * kibibyte,
  jobNameLength: 63,
  labels: 32,
  labelKeyLength: 63,
  labelValueLength: 255,
  idempotencyKeyLength: 128,
  args: 128,
  argLength: 4_096,
  /** Arguments and environment of one task in all, in characters, with every variable at its longest. */
  stepTextLength: 32 * kibibyte,
  envVars: 64,
  envNameLength: 64,
  /** Inputs that a job names. */
  jobInputs: 32,
  outputs: 16,
  /** Name of an input, output, axis or file in a lease. */
  nameLength: 64,
  pathLength: 255,
  /** Inputs of one task; a reduce task reads every output of every map task, and its lease must fit a frame. */
  taskInputs: 6_000,
  matrixAxes: 8,
  axisValues: 10_000,
  matrixExcludes: 32,
  /** Length of a value that is substituted into arguments. */
  axisValueLength: 256,
  /** Cells of a matrix before its excludes, and tasks of a job. */
  tasks: 1_000_000,
  referees: 16,
  retryMax: 10,
  seedMax: 2 ** 48,

  cpuCores: 256,
  memoryBytes: 4_096 * gibibyte,
  diskBytes: 16_384 * gibibyte,
  gpus: 16,
  vramBytes: 1_024 * gibibyte,
  gpuArchs: 8,
  /** Hosts that one task may ask for. */
  hosts: 16,
  /** Length of a host's name. */
  hostLength: 253,
  timeoutMsMin: secondMs,
  timeoutMsMax: 24 * hourMs,
  deadlineMsMin: 10 * secondMs,
  deadlineMsMax: 30 * 24 * hourMs,
  /** Bytes of one task's outputs, and the default. */
  outputBytes: 4 * gibibyte,
  outputBytesDefault: 64 * mebibyte,
  /** Room for checkpoints, and a file that holds one: it goes through a worker's memory. */
  checkpointBytes: 256 * mebibyte,
  /** Of that file, what is not of its files. */
  checkpointListBytes: 256 * kibibyte,
  checkpointEveryMsMin: secondMs,
  checkpointEveryMsMax: 24 * hourMs,
  /** An owner waits for it when his daemon is to end. */
  checkpointGraceMsMax: 60 * secondMs,
  /** Checkpoints of one attempt that are told at once. */
  checkpointsTold: 8,
  /** A JSON output whose numbers are compared: read at some 50 MiB a second, by the thread that does everything else too. */
  comparedJsonBytes: 256 * mebibyte,
  /** Steps of one run: what a number holds exactly, more than 60 hours at full speed. */
  fuel: Number.MAX_SAFE_INTEGER,
  /** What a worker may say that one attempt used: more than any machine has, and little enough to be summed up. */
  usedMs: 30 * 24 * hourMs,
  usedCpuMs: 256 * 30 * 24 * hourMs,
  usedMemoryBytes: 2 * 4_096 * gibibyte,
  usedBytes: 6_000 * 64 * gibibyte,
  usedGpuMemoryBytes: 16 * 1_024 * gibibyte,
  exitCode: 255,
  signal: 64,
  /** The tail of a log that is kept. */
  logBytes: 64 * kibibyte,
  /** A sentence for people, anywhere. */
  messageLength: 1_024,
  /** A stable word, such as a reason or a code. */
  wordLength: 64,
  /** Money in base units: what fits the contracts' uint128. */
  amount: 2n ** 128n - 1n,
  /** Attempts, epochs and other counters of the typed data that are 32 bits wide there. */
  uint32: 2 ** 32 - 1,

  /** A challenge: rows and columns, products in a row, products beside one another, and the time for the answer. */
  challengeSize: 512,
  challengeFactors: 64,
  challengeLanes: 64,
  challengeMs: 10 * 60 * secondMs,
  accelerators: 16,
  recordClasses: 8,
  addresses: 8,
  addressLength: 256,
  slots: 1_024,
  /** Leases that a worker may hold when it says hello. */
  holding: 4_096,
  /** Tasks whose tickets a worker asks for at once. */
  ticketsWanted: 1_024,
  /** Replicas in one commit set: three, then rounds of fresh ones, then a referee. */
  commitSet: 32,
  /** How far ahead a record or an offer may expire. */
  recordMsMax: 48 * hourMs,
  offerMsMax: 10 * 60 * secondMs,
  /** Rows of one page of the API. */
  pageRows: 1_000,
  pageRowsDefault: 100,
  /** A receipt as text. */
  receiptBytes: 256 * mebibyte,
} as const;
