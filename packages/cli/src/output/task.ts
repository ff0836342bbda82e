// Tasks and workers as people read them.
import { isCalibrated } from "@starling/protocol";
import type { Node, Task } from "@starling/protocol/rpc";
import type { Column } from "./format.ts";
import { standingLines } from "./standing.ts";
import { endingText, usageIsClaimed, usageText } from "./usage.ts";
import { age, money, shortId, size } from "./words.ts";

/** A task id with its job shortened. */
export function shortTaskId(taskId: string): string {
  const [job, ...rest] = taskId.split("/");
  return [shortId(job ?? ""), ...rest].join("/");
}

// A coordinator of before said nothing of fines.
function finesText({ finesDue, finesTaken }: Node): string {
  if (BigInt(finesDue || 0) + BigInt(finesTaken || 0) === 0n) return "";
  return `${money(finesTaken)} taken by the court, ${money(finesDue)} not settled`;
}

const itemText = (task: Task): string =>
  Object.entries(task.item)
    .map(([key, value]) => `${key.replace(/^item\./, "")}=${value}`)
    .join(" ");

export const taskColumns: readonly Column<Task>[] = [
  { title: "TASK", value: (task) => shortTaskId(task.taskId) },
  { title: "STATE", value: (task) => task.state },
  { title: "ATTEMPTS", value: (task) => String(task.attempts) },
  {
    title: "WORKERS",
    value: (task) =>
      task.leases
        .map((lease) => `${lease.worker.slice(0, 8)}${lease.verdict === "" ? "" : `:${lease.verdict}`}`)
        .join(" "),
  },
  { title: "ITEM", value: itemText },
  { title: "DIGEST", value: (task) => task.digest.slice(0, 18), wide: true },
  { title: "REASON", value: (task) => task.reason?.message ?? "", wide: true },
];

/** Label and text of everything that is worth reading about a task, its attempts last. */
export function taskLines(task: Task): (readonly [string, string])[] {
  const { reason } = task;
  const lines: (readonly [string, string])[] = [
    ["task", task.taskId],
    [
      "state",
      `${reason === undefined || reason.message === "" ? task.state : `${task.state}: ${reason.message} (${reason.code})`}, for ${age(task.sinceMs)}`,
    ],
    ["replicas", `${task.replicasWanted} wanted, ${task.attempts} attempts`],
    ["arguments", task.args.join(" ")],
    ["digest", task.digest],
    ["result", resultText(task)],
    ["fuel", fuelText(task)],
    ["outputs", task.outputs.map((output) => `${output.name} (${size(output.size)}, ${output.cid})`).join(", ")],
  ];
  for (const lease of task.leases) lines.push([`attempt ${lease.attempt}`, attemptText(lease)]);
  if (task.leases.some(({ usage }) => usage !== undefined)) lines.push(["what they used", usageIsClaimed]);
  return lines;
}

// Equal on every machine: replicas of the accepted result that differ in it show that one of them didn't count honestly.
function fuelText({ leases, digest }: Task): string {
  const used = leases
    .filter((lease) => lease.digest !== "" && lease.digest === digest)
    .map(({ usage }) => usage?.fuel ?? 0n);
  const different = [...new Set(used)].filter((fuel) => fuel > 0n);
  return different.length > 1 ? `replicas differ: ${different.join(", ")}` : different.join();
}

// Whose attempt it is and what became of it, then how its program ended and what it used.
function attemptText(lease: Task["leases"][number]): string {
  const why = lease.reason?.message ?? "";
  const verdict = lease.verdict === "" ? "" : ` (${lease.verdict})`;
  const parts = [
    `${lease.role} on ${lease.worker} of ${lease.operator}: ${lease.state}${verdict}`,
    why,
    resumedText(lease),
    endingText(lease),
    `price ${money(lease.price)}`,
    lease.usage === undefined ? "" : usageText(lease.usage),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

// How much of it was done before it began, and what would not be lost with it.
function resumedText({ resumed, worker, checkpointStep }: Task["leases"][number]): string {
  const whose = resumed?.worker === worker ? "its own checkpoint" : `a checkpoint of ${resumed?.worker}`;
  const from = resumed === undefined ? "" : `resumed from step ${resumed.step} of ${whose}`;
  const kept = checkpointStep === undefined ? "" : `has kept step ${checkpointStep}`;
  return [from, kept].filter((part) => part !== "").join(", ");
}

// Whether the result may still change, and why it was, or was not, run once more.
function resultText(task: Task): string {
  if (task.settlesAtMs === 0n) return "";
  const state = task.settledAtMs > 0n ? "settled" : "provisional";
  const audits = task.audits.map(({ cause, missed }) =>
    missed === undefined ? `audited (${cause})` : `to be audited (${cause}) and not: ${missed.message}`,
  );
  return [state, ...audits].join("; ");
}

function stateText({ connected, state, hold }: Node): string {
  if (!connected) return `${state} (away)`;
  return hold === "" ? state : `${state} (${holdWords[hold] ?? hold})`;
}

const holdWords: Readonly<Record<string, string>> = { closed: "not its owner's hours" };

function holdText({ hold, holdUntilMs }: Node): string {
  if (hold === "") return "";
  const until =
    holdUntilMs === 0n
      ? "until its owner lets it work again"
      : `until ${new Date(Number(holdUntilMs)).toISOString().slice(0, 16)}Z`;
  return `${holdWords[hold] ?? hold}, takes nothing new ${until}`;
}

export const nodeColumns: readonly Column<Node>[] = [
  { title: "WORKER", value: (node) => node.worker },
  { title: "STATE", value: (node) => stateText(node) },
  { title: "CLASSES", value: (node) => node.classes.map((one) => one.name).join(",") },
  { title: "SLOTS", value: (node) => `${node.leases}/${node.slots}` },
  { title: "PRICE", value: (node) => money(node.pricePerTask) },
  { title: "GPU", value: (node) => node.accelerators.map((one) => one.model).join(",") || "-" },
  { title: "FOUND BY", value: (node) => node.source },
  { title: "DONE", value: (node) => `${node.accepted}${node.rejected > 0 ? ` (${node.rejected} wrong)` : ""}` },
  { title: "OPERATOR", value: (node) => node.operator, wide: true },
  { title: "CPU", value: (node) => `${node.cpuCores} x ${node.cpuModel}`, wide: true },
  { title: "MEMORY", value: (node) => size(node.memoryBytes), wide: true },
  { title: "MEASURED", value: (node) => node.measured.map(measuredText).join(", ") || "-", wide: true },
  { title: "OBSERVED", value: (node) => shownText(node.observed).join("; ") || "-", wide: true },
  { title: "ADDRESS", value: (node) => node.remoteAddress, wide: true },
];

function classText(one: Node["classes"][number]): string {
  const told =
    one.calibration === "" || isCalibrated(one) ? "" : ", gets no work of it: its calibration is not the network's";
  return `${one.name} (${one.engine}${told})`;
}

// Its own word: the coordinator has not measured it.
function measuredText({ name, atLeast, unit }: Node["measured"][number]): string {
  return `${name} ${atLeast}-${2 * atLeast} ${unit}`;
}

// What it really did: placement goes by this, whatever it claims.
function observedText(observed: Node["observed"]): string {
  const { answers = 0, operators = 0 } = observed ?? {};
  const shown = shownText(observed);
  const of = `${answers} answers that ${operators} operators confirmed`;
  return shown.length === 0 ? `too little yet: ${of}` : `${shown.join("; ")} (by ${of})`;
}

function shownText(observed: Node["observed"]): readonly string[] {
  if (observed === undefined) return [];
  const { paceSixteenths, cpuSixteenths, kills, memoryBelow, fetchKib } = observed;
  return [
    paceSixteenths === 0 ? "" : paceText(paceSixteenths),
    paceSixteenths > EVEN && cpuSixteenths > 0 ? `processor time ${timesText(cpuSixteenths)} of theirs` : "",
    kills === 0 ? "" : `${kills} tasks killed for memory that others finished`,
    memoryBelow === 0n ? "" : `gets none that needs ${size(memoryBelow)} or more`,
    fetchKib === 0 ? "" : `inputs at ${fetchKib}-${2 * fetchKib} KiB/s`,
  ].filter((text) => text !== "");
}

/** Sixteenths of what others take. */
const EVEN = 16;

function paceText(sixteenths: number): string {
  if (sixteenths <= EVEN) return "as fast as others";
  return `takes ${timesText(sixteenths)} to ${timesText(2 * sixteenths)} as long as others`;
}

function timesText(sixteenths: number): string {
  const hundredths = Math.round((sixteenths * 100) / EVEN);
  return `${Math.floor(hundredths / 100)}${hundredths % 100 === 0 ? "" : `.${String(hundredths % 100).padStart(2, "0")}`} times`;
}

// Names of one box are late together, since it computes for all of them.
function challengeText(challenge: Node["challenge"]): string {
  if (challenge === undefined) return "";
  const { outcome, tookMs, together, inTime, declined, rounds, prompt, promptOf } = challenge;
  const took = tookMs === 0 ? "" : ` after ${tookMs} ms`;
  const refused = declined === 0 ? "" : ` and ${declined} declined, since their machines were needed`;
  return [
    `${outcome}${took}`,
    together === 1
      ? ""
      : `of ${together} workers of its operator, asked at once, ${inTime} were right in time${refused}`,
    rounds === 0
      ? ""
      : `in the best of ${rounds} such rounds ${prompt} of ${promptOf} were as quick as single machines`,
  ]
    .filter((text) => text !== "")
    .join("; ");
}

/** Label and text of everything that is worth reading about a worker. */
export function nodeLines(node: Node): (readonly [string, string])[] {
  return [
    ["worker", node.worker],
    ["operator", node.operator],
    ["peer", node.peerId],
    [
      "state",
      `${node.state}${node.connected ? "" : " (away)"}${node.reason?.message ? `: ${node.reason.message}` : ""}`,
    ],
    ["found by", node.source],
    ["address", node.remoteAddress],
    [
      "machine",
      `${node.cpuCores} x ${node.cpuModel} (${node.arch}), memory ${size(node.memoryBytes)}, disk ${size(node.diskBytes)}`,
    ],
    [
      "accelerators",
      node.accelerators.map((one) => `${one.model} ${size(one.vramBytes)} ${one.arch}`).join(", ") || "none",
    ],
    ["measured", node.measured.map(measuredText).join(", ") || "not yet"],
    ["observed", observedText(node.observed)],
    ["challenge", challengeText(node.challenge)],
    ["classes", node.classes.map(classText).join(", ")],
    ["owner", holdText(node)],
    ["slots", `${node.leases} of ${node.slots} in use`],
    ["price", `${money(node.pricePerTask)} a task`],
    ["results", `${node.accepted} accepted, ${node.rejected} wrong`],
    [
      "caught",
      node.caught === 0
        ? ""
        : `its operator gave ${node.caught === 1 ? "a wrong answer" : `${node.caught} wrong answers`}`,
    ],
    ["fines", finesText(node)],
    ["stake", node.stake === "" ? "unknown: the chain does not answer" : money(node.stake)],
    ...node.standings.flatMap(standingLines),
  ];
}
