// The `oci` executor: a stranger's image runs in a container of Docker without capabilities, network or a writable root, as a user that owns nothing.
import { join } from "node:path";
import { DockerError } from "@starling/node-kit";
import { imageUnavailableReason } from "@starling/protocol";
import { Attempts } from "../attempts.ts";
import type { Executor, RunOptions, RunOutcome, TaskRun } from "../executor.ts";
import { areaKey } from "../process/area.ts";
import { broken, failed, outcomeOf } from "../process/outcome.ts";
import { Slots } from "../process/slots.ts";
import { inMemory } from "../stored.ts";
import { type Measure, meter } from "../usage.ts";
import { OciArea, type TaskFolders } from "./area.ts";
import { runContainer, within } from "./container.ts";
import { type GpuRunner, gpuExecutor } from "./gpu/gpu-executor.ts";
import type { ContainerGpus } from "./gpu/gpus.ts";
import { type GpuParts, withGpuUse } from "./gpu/ways.ts";
import { ContainerGroups, groupMounts } from "./groups.ts";
import { type DockerChoice, findOciHost, type OciHost } from "./host.ts";
import { type HostRules, prepareReach, withHostBytes } from "./hosts/reach.ts";
import { type ImageSource, Images, type LoadedImage } from "./images.ts";
import type { ImageRefusal } from "./manifest.ts";
import { containerOptions, memoryOf, outputRoom } from "./plan.ts";
import { lookingProbe, probe } from "./probe.ts";
import { SampledUsage } from "./sampled-usage.ts";
import { labelOf, sweepDocker } from "./sweep.ts";

/** Options of the executor. */
export interface OciExecutorOptions extends DockerChoice {
  /** How many tasks may run at one time. */
  readonly slots: number;
  /** A folder for this executor alone. What lies in it is removed, and what an earlier life ran from it is killed. */
  readonly area: string;
  /** How long a registry may take; four minutes by default. */
  readonly pullTimeoutMs?: number;
}

const REMOVE_TIMEOUT_MS = 60_000;
/** Files under /out are counted exactly afterwards; this many more are let be made, with the folder itself. */
const INODES_BEYOND = 2;
/** Exit status of a program that was killed. */
const KILLED = 137;
/** The kernel counts memory in batches. */
const MEMORY_SLACK_BYTES = 512 * 1024;

/** Makes the executor of images. What the machine lacks shows in its probe; `run` then reports a broken machine. */
export function createOciExecutor(options: OciExecutorOptions): Executor {
  return createOciExecutors(options, null).images;
}

/** Makes it with one for containers that have GPUs, where there are any: they share slots and images, and closing either closes both. */
export function createOciExecutors(
  options: OciExecutorOptions,
  gpus: ContainerGpus | null,
): { readonly images: Executor; readonly gpu: Executor | null } {
  const runner = new OciRunner(options);
  const images: Executor = {
    class: "cpu-image",
    readsParts: true,
    // Whatever a lease names, these get no GPU.
    run: (task, runOptions) => runner.run(task, runOptions, null),
    probe: async ({ signal }) => {
      const ready = await runner.ready();
      return ready.ok
        ? await probe(ready.host, (task) => runner.run(task, { signal }, null))
        : { works: false, reason: ready.missing };
    },
    close: () => runner.close(),
  };
  const { probe: probeImages, close } = images;
  const run: GpuRunner["run"] = (task, runOptions, gpu) => runner.run(task, runOptions, gpu);
  return { images, gpu: gpus === null ? null : gpuExecutor({ run, probe: probeImages, close }, gpus) };
}

interface Parts {
  readonly ok: true;
  readonly host: OciHost;
  readonly area: OciArea;
  readonly images: Images;
  readonly groups: ContainerGroups;
}

type Ready = Parts | { readonly ok: false; readonly missing: string };

class OciRunner {
  readonly #slots: Slots;
  readonly #hosts: HostRules | undefined;
  readonly #key: string;
  readonly #ready: Promise<Ready>;
  readonly #closing = new AbortController();
  readonly #running = new Attempts();
  #attempts = 0;

  constructor({ slots, ...options }: OciExecutorOptions) {
    this.#slots = new Slots(slots);
    this.#hosts = options.hosts;
    this.#key = areaKey(options.area);
    this.#ready = prepare(options, this.#key, this.#closing.signal);
  }

  ready(): Promise<Ready> {
    return this.#ready;
  }

  run(task: TaskRun, options: RunOptions, gpu: GpuParts | null): Promise<RunOutcome> {
    return this.#running.count(this.#guarded(task, options, gpu));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running.ended();
    const ready = await this.#ready;
    if (!ready.ok) return;
    const { host, area, images } = ready;
    await images.ended();
    await sweepDocker(host.engine, this.#key);
    area.sweep();
  }

  async #guarded(task: TaskRun, options: RunOptions, gpu: GpuParts | null): Promise<RunOutcome> {
    const measure = meter(task, performance.now());
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    try {
      return await this.#tried({ task, measure, gpu }, { ...options, signal });
    } catch (error) {
      const said = { log: "", usage: measure() };
      if (options.signal.aborted) return { kind: "killed", message: "it was stopped before it ran", ...said };
      const message = error instanceof Error ? error.message : String(error);
      // GPUs and hosts are this machine's part of a container, and the probe has none of them.
      const isPlain = gpu === null && task.hosts === undefined;
      if (isPlain && isDockersAnswer(error) && (await this.#runsProbe(signal)))
        return failed("badProgram", { ...said, message: `Docker does not run the image: ${message}` });
      return broken(message);
    }
  }

  /** Whether containers run here at this moment: what Docker says of another image is then about that image. */
  async #runsProbe(signal: AbortSignal): Promise<boolean> {
    const task = lookingProbe();
    const measure = meter(task, performance.now());
    const outcome = await this.#tried({ task, measure, gpu: null }, { signal }).catch(() => null);
    return outcome?.kind === "completed";
  }

  async #tried(asked: Asked, options: RunOptions): Promise<RunOutcome> {
    const { task, measure } = asked;
    const { signal } = options;
    const ready = await this.#ready;
    if (!ready.ok) return broken(ready.missing);
    if (this.#closing.signal.aborted) return broken("the executor is closed");
    signal.throwIfAborted();
    const source = sourceOf(task);
    const loading = await ready.images.load(source, { payer: task.payer, signal });
    if (loading.kind === "unreachable")
      return { kind: "infrastructure", message: loading.message, reason: imageUnavailableReason };
    const refused = ({ kind, message }: ImageRefusal): RunOutcome =>
      failed(kind, { message, log: "", usage: measure() });
    if (loading.kind !== "loaded") return refused(loading);
    try {
      if (!hasProgram(loading, task)) return refused({ kind: "badProgram", message: "the image names no program" });
      return await this.#inSlot({ ...asked, ready, loaded: loading }, options);
    } finally {
      ready.images.release(source);
    }
  }

  async #inSlot(attempt: Attempt, options: RunOptions): Promise<RunOutcome> {
    const { task, ready } = attempt;
    const slot = await this.#slots.acquire(options.signal);
    const uid = Number(usersPrefix(this.#key)) * 1_000 + slot;
    try {
      const { limits } = task;
      const files = limits.outputFiles + INODES_BEYOND;
      const folders = await ready.area.layOut(slot, task, { bytes: outputRoom(limits), files, uid });
      return await this.#attempt({ ...attempt, folders, uid }, options);
    } finally {
      await ready.area.clear(slot);
      this.#slots.release(slot);
    }
  }

  async #attempt(
    { task, ready, loaded, measure, folders, uid, gpu }: Placed,
    options: RunOptions,
  ): Promise<RunOutcome> {
    const { host, groups } = ready;
    this.#attempts += 1;
    const group = `task-${this.#attempts}`;
    const name = `starling-${this.#key}-${this.#attempts}`;
    // Where systemd makes the groups, they can't be chosen by path.
    const groupParent = host.info.cgroupDriver === "cgroupfs" ? groups.parentOf(group) : null;
    const sampled = groupParent === null ? new SampledUsage() : null;
    const { runtime } = host;
    const reach = await prepareReach(task, { rules: this.#hosts, folder: folders.gate, runtime });
    const parts = { gpu, reach: reach?.parts ?? null };
    const plan = { task, folders, uid, groupParent, ...parts, runtime, label: labelOf(this.#key) };
    let endWatch: ReturnType<NonNullable<GpuParts["watch"]>> | undefined;
    try {
      const { ending, outOfMemory } = await runContainer({
        engine: host.engine,
        name,
        options: containerOptions({ ...plan, image: loaded.image, imageName: loaded.name }),
        output: folders.output,
        progress: folders.progress,
        timeoutMs: task.limits.timeoutMs,
        logBytes: task.limits.logBytes,
        signal: options.signal,
        onProgress: (progress) => options.onProgress?.(progress),
        started: async (signal) => {
          endWatch = gpu?.watch?.();
          sampled?.start(await host.engine.pidOf(name, signal));
          await reach?.open(host.engine, name, signal);
        },
      });
      const used = sampled?.stop() ?? groups.usage(group);
      const isFull = used.peakMemoryBytes >= memoryOf(task) - MEMORY_SLACK_BYTES;
      // The kernel's word of it comes to Docker by another way than the death, and may come late.
      const died = ending.kind === "exited" && ending.status === KILLED && isFull;
      const outcome = await outcomeOf(task, { ending, used: { ...used, outOfMemory: outOfMemory || died }, measure });
      return withHostBytes(withGpuUse(outcome, await endWatch?.()), reach?.bytes());
    } finally {
      sampled?.stop();
      await endWatch?.();
      reach?.close();
      await within(REMOVE_TIMEOUT_MS, (signal) => host.engine.remove(name, signal));
      groups.remove(group);
    }
  }
}

function sourceOf({ image, program, programContent, programDigest }: TaskRun): ImageSource {
  if (image !== undefined) return { kind: "registry", name: image };
  return { kind: "archive", digest: programDigest, archive: programContent ?? inMemory(program) };
}

function hasProgram({ image }: LoadedImage, { args }: TaskRun): boolean {
  return image.entrypoint.length + (args.length === 0 ? image.command : args).length > 0;
}

/** An answer of the engine, and not its silence. */
function isDockersAnswer(error: unknown): boolean {
  return error instanceof DockerError && error.status !== undefined;
}

interface Asked {
  readonly task: TaskRun;
  readonly measure: Measure;
  readonly gpu: GpuParts | null;
}

interface Attempt extends Asked {
  readonly ready: Parts;
  readonly loaded: LoadedImage;
}

interface Placed extends Attempt {
  readonly folders: TaskFolders;
  readonly uid: number;
}

/** Users of a worker's tasks: ten digits, of which these are the first seven, far from those of people and daemons. */
function usersPrefix(key: string): string {
  return `19${String(Number.parseInt(key.slice(0, 8), 16) % 100_000).padStart(5, "0")}`;
}

async function prepare(options: Omit<OciExecutorOptions, "slots">, key: string, signal: AbortSignal): Promise<Ready> {
  try {
    const found = await findOciHost(options);
    if (!found.ok) return found;
    const { engine, info } = found.host;
    const { rootFolder } = info;
    const folder = join(options.area, "pulls");
    const images = new Images(engine, { key, folder, rootFolder, signal, pullTimeoutMs: options.pullTimeoutMs });
    const area = new OciArea(options.area);
    const groups = new ContainerGroups(groupMounts(), key);
    await sweepDocker(engine, key);
    area.sweep();
    area.open(groups.folders(), options.socketPath);
    return { ok: true, host: found.host, area, images, groups };
  } catch (error) {
    return { ok: false, missing: error instanceof Error ? error.message : String(error) };
  }
}
