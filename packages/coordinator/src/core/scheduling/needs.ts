// Eligibility codes in words, with the need that is not met.
import { formatAmount, formatSize, type RuntimeClass, type StepSpec } from "@starling/protocol";
import type { Asking, EligibilityCode } from "./eligibility.ts";

/** What keeps workers from a replica, also where the task or money does. */
export type PredicateCode = EligibilityCode | "budgetExhausted" | "escrowExhausted";

/** What a worker lacks, as a sentence about workers. */
export function describe(code: PredicateCode, job: Asking, spec: StepSpec): string {
  const { needs, runtimeClass } = spec;
  const gpu = needs.gpu ?? { count: 0, vramBytes: 0, arch: [] };
  const texts: Readonly<Record<PredicateCode, string>> = {
    notConnected: "have no open stream to this coordinator",
    recordExpired: "have a record that has expired",
    banned: "belong to an operator that is out of this job",
    suspended: "are suspended after leases that were lost or failed",
    draining: "take no more work",
    isReferee: "belong to the payer or his referees, and only settle mismatches",
    classMissing: `do not run class ${runtimeClass}`,
    notCalibrated: `have an engine for class ${runtimeClass} that computes something else than the network's calibration`,
    cpuTooFew: `have fewer than ${counted(needs.cpuCores, "CPU core")}`,
    memoryTooSmall: `have less than ${formatSize(needs.memoryBytes)} of memory`,
    memoryMissing: `claim ${formatSize(needs.memoryBytes)} of memory and had less: tasks were killed there that others finished`,
    diskTooSmall: `have less than ${formatSize(needs.diskBytes)} of disk`,
    gpuMissing: "have no GPU",
    gpuTooFew: `have fewer than ${counted(gpu.count, "GPU")}`,
    vramTooSmall: `have fewer than ${counted(gpu.count, "GPU")} with ${formatSize(gpu.vramBytes)} of memory`,
    gpuArchMissing: `have no ${counted(gpu.count, "GPU")} of architecture ${gpu.arch.join(" or ")}`,
    priceTooHigh: `ask more than ${formatAmount(job.submission.perTaskMax)} per task`,
    tooSlow:
      "took so much longer than others for earlier tasks that one of these would not end before the deadline, or within its time limit",
    declined: "declined this step a moment ago",
    paused: "are paused by their owner",
    reclaimed: "were taken back by their owner",
    outOfHours: "are lent at other hours",
    programRefused: "have owners who do not run this program",
    payerRefused: "have owners who do not work for this payer",
    hostsRefused: `have owners who let no task reach ${(needs.hosts ?? []).join(", ")}, or can't`,
    imageRefused: `have owners who do not let ${spec.program.name} be pulled`,
    imageUnavailable: `were not given ${spec.program.name} by its registry a while ago`,
    rootRoom: "had no room for this step's root file system a while ago, in what their owners lend",
    operatorUsed: "belong to an operator that answers this task already",
    otherCalibration: `compute in class ${runtimeClass} with ${runtimeClass === "gpu" ? "another GPU, driver, toolkit or processor" : "other instructions or libraries"} than those who answer this task already`,
    shareUsed:
      "belong to an operator that has had its share of this job, or to those without a pledge who have had theirs, while enough others work on it",
    checkUnpaid:
      "have not pledged enough, and what is left of the budget pays no further check of such an answer: operators who have pledged come first",
    noSlot: "have no free slot",
    noCredit: "have no confirmed allotment that covers one more task",
    budgetExhausted: "ask more than is left of the job's budget",
    escrowExhausted: "cannot be allotted anything: all money of the escrow is reserved",
  };
  return texts[code];
}

/** What a machine is, against what a task needs: of these every unmet one is told, of the others the first. */
export const needCodes: ReadonlySet<PredicateCode> = new Set([
  "classMissing",
  "notCalibrated",
  "cpuTooFew",
  "memoryTooSmall",
  "memoryMissing",
  "diskTooSmall",
  "gpuMissing",
  "gpuTooFew",
  "vramTooSmall",
  "gpuArchMissing",
]);

/** Classes that an owner has to allow, with the option by which he does: nobody who merely started a worker offers them. */
const allowedBy: Partial<Readonly<Record<RuntimeClass, string>>> = {
  cpu: "--allow-process",
  "cpu-root": "--allow-rootfs",
  "cpu-image": "--allow-images",
  gpu: "--allow-images",
  "gpu-tolerant": "--allow-images",
};

/** What would change it for a step of this class. */
export function remedy(codes: readonly PredicateCode[], { runtimeClass }: Pick<StepSpec, "runtimeClass">): string {
  const has = (...wanted: readonly PredicateCode[]): boolean => codes.some((code) => wanted.includes(code));
  if (codes.length === 0) return "start a worker that knows this coordinator";
  if (has("noCredit")) return "the next blocks bring the allotments";
  if (codes.every((code) => code === "outOfHours")) return "the hours of their owners, or another worker";
  if (codes.every((code) => code === "paused" || code === "reclaimed" || code === "outOfHours"))
    return "owners who let their machines work again, or another worker";
  if (has("noSlot", "declined")) return "a slot that becomes free, or one more worker";
  if (has("escrowExhausted", "budgetExhausted")) return "reservations that expire, or a job with a larger budget";
  if (has("checkUnpaid"))
    return "a slot of an operator who has pledged, or a job with a larger budget; when no such operator has worked for a while anybody gets the task, and checks that can't be paid are recorded as missed";
  if (has("shareUsed")) return "the others' next results, or fewer of them at work";
  if (has("otherCalibration"))
    return `a worker whose class has the same calibration as those who answer this task: starling node list -o json names them`;
  if (has("operatorUsed")) return "a worker of another operator";
  if (codes.every((code) => code === "notCalibrated"))
    return "a worker of this version whose probe passes: starling worker doctor says what its engine computes";
  // Whoever is away may well lack it too, and his coming back would then change nothing.
  const lacks = codes.some((code) => needCodes.has(code));
  if (has("priceTooHigh"))
    return lacks ? "a higher price cap, or a worker that meets the needs" : "a higher price cap, or a cheaper worker";
  if (!lacks && has("notConnected", "suspended", "recordExpired")) return "workers that come back";
  if (has("imageRefused"))
    return "a worker whose owner lists the image's registry with --pull-images, or the image as an archive: run: {image: {archive: ./image.tar}}";
  if (has("imageUnavailable"))
    return "a registry that gives the image to everybody who asks, or the image as an archive: run: {image: {archive: ./image.tar}}";
  if (has("rootRoom"))
    return "a smaller root file system, or a worker whose owner lends more room for them with --rootfs-bytes";
  if (has("hostsRefused")) return "a worker whose owner lists these hosts with --allow-hosts, or a job without them";
  if (has("tooSlow") && !lacks) return "a faster worker, a later deadline or a longer time limit";
  if (has("programRefused", "payerRefused")) return "a worker whose owner runs this: each owner decides for himself";
  const option = allowedBy[runtimeClass];
  const where = runtimeClass.startsWith("gpu") ? " on a machine with GPUs that its Docker can give to containers" : "";
  if (has("classMissing") && option !== undefined)
    return `a worker whose owner allows class ${runtimeClass}: starling worker start ${option}${where}; starling worker doctor ${option} says what his machine lacks for it`;
  return "a worker that meets the needs, or a job that needs less";
}

/** A number with its noun: "1 task", "2 tasks". */
export function counted(number: number | bigint, noun: string): string {
  return `${number} ${noun}${number === 1 || number === 1n ? "" : "s"}`;
}

const singular: Readonly<Record<string, string>> = {
  have: "has",
  belong: "belongs",
  are: "is",
  were: "was",
  take: "takes",
  do: "does",
  compute: "computes",
  ask: "asks",
  claim: "claims",
};

/** What so many workers lack, as a sentence: "1 has no GPU", "3 have no GPU". */
export function sentence(workers: number, message: string): string {
  const [verb = "", ...rest] = message.split(" ");
  return [workers, workers === 1 ? (singular[verb] ?? verb) : verb, ...rest].join(" ");
}
