// Docker Engine over a Unix socket: the calls that running a task in a container takes, each with a way to stop waiting for it.
import { Readable } from "node:stream";
import type Docker from "dockerode";

/** What a container is made of, in the words of the Engine's own API. */
export type ContainerOptions = Docker.ContainerCreateOptions;

/** What an engine says of itself. */
export interface EngineInfo {
  readonly version: string;
  /** Names of the runtimes that its owner has set up. */
  readonly runtimes: readonly string[];
  readonly cgroupDriver: string;
  /** The folder of its images. */
  readonly rootFolder: string;
  /** Such as `name=seccomp,profile=default` or `name=rootless`. */
  readonly securityOptions: readonly string[];
  /** Limits that its kernel can't set. */
  readonly missingLimits: readonly string[];
}

/** How a container ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

/** An engine's refusal, or that it can't be reached; `status` is the answer's HTTP status where there was one. */
export class DockerError extends Error {
  override readonly name = "DockerError";
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

/** Every call rejects with a `DockerError`, or with the signal's reason. */
export interface DockerEngine {
  info(signal: AbortSignal): Promise<EngineInfo>;
  /** Loads an archive as `docker save` writes them. */
  loadImage(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** Names of images that begin so. */
  imagesOf(repository: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Does nothing where there is none. */
  removeImage(name: string, signal: AbortSignal): Promise<void>;
  /** Makes a container under a name of the caller's, so that he can remove it whatever happens meanwhile. */
  create(name: string, options: ContainerOptions, signal: AbortSignal): Promise<void>;
  /**
   * What it writes, in frames: a byte for the stream, three of nothing, four for the length, then so many bytes. The signal ends
   * the stream too.
   */
  attach(name: string, signal: AbortSignal): Promise<Readable>;
  start(name: string, signal: AbortSignal): Promise<void>;
  /** Waits until it has ended. */
  wait(name: string, signal: AbortSignal): Promise<void>;
  endOf(name: string, signal: AbortSignal): Promise<ContainerEnd>;
  /** Its first process, by its number on this machine; 0 where it does not run. */
  pidOf(name: string, signal: AbortSignal): Promise<number>;
  /** Does nothing where it has ended. */
  kill(name: string, signal: AbortSignal): Promise<void>;
  /** Kills and removes it; does nothing where there is none. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Ids of the containers with a label, running or not. */
  labelled(label: string, signal: AbortSignal): Promise<readonly string[]>;
}

const NOT_FOUND = 404;
const CONFLICT = 409;

/** Speaks to the engine behind a socket; nothing is sent before the first call. */
export async function openDocker(socketPath: string): Promise<DockerEngine> {
  // It brings a client for SSH along, which nobody should have to load who runs no images.
  const { default: Client } = await import("dockerode");
  return engineOf(new Client({ socketPath }));
}

function engineOf(docker: Docker): DockerEngine {
  return {
    info: async (abortSignal) => infoOf(await told(docker.info(), abortSignal)),
    loadImage: async (archive, abortSignal) => {
      const answer = await told(docker.loadImage(Readable.from(archive), { abortSignal, quiet: true }), abortSignal);
      await readLoadAnswer(answer);
    },
    imagesOf: async (repository, abortSignal) => {
      const filters = { reference: [`${repository}:*`] };
      const found = await told(docker.listImages({ filters, abortSignal }), abortSignal);
      return found.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith(`${repository}:`));
    },
    removeImage: async (name, abortSignal) => {
      await told(docker.getImage(name).remove({ force: true, abortSignal }), abortSignal, [NOT_FOUND]);
    },
    create: async (name, options, abortSignal) => {
      await told(docker.createContainer({ ...options, name, abortSignal }), abortSignal);
    },
    attach: async (name, abortSignal) => {
      const wanted = { stream: true, stdout: true, stderr: true, abortSignal };
      const stream = await told(docker.getContainer(name).attach(wanted), abortSignal);
      if (stream instanceof Readable) return stream;
      throw new DockerError("the engine gave no stream", undefined);
    },
    start: async (name, abortSignal) => {
      await told(docker.getContainer(name).start({ abortSignal }), abortSignal);
    },
    wait: async (name, abortSignal) => {
      await told(docker.getContainer(name).wait({ abortSignal }), abortSignal);
    },
    endOf: async (name, abortSignal) => {
      const { State } = await told(docker.getContainer(name).inspect({ abortSignal }), abortSignal);
      return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled };
    },
    pidOf: async (name, abortSignal) => {
      const { State } = await told(docker.getContainer(name).inspect({ abortSignal }), abortSignal);
      return State.Pid;
    },
    kill: async (name, abortSignal) => {
      await told(docker.getContainer(name).kill({ abortSignal }), abortSignal, [NOT_FOUND, CONFLICT]);
    },
    remove: async (name, abortSignal) => {
      // Another removal may be under way.
      await told(docker.getContainer(name).remove({ force: true, v: true, abortSignal }), abortSignal, [
        NOT_FOUND,
        CONFLICT,
      ]);
    },
    labelled: async (label, abortSignal) => {
      const found = await told(
        docker.listContainers({ all: true, filters: { label: [label] }, abortSignal }),
        abortSignal,
      );
      return found.map(({ Id }) => Id);
    },
  };
}

function infoOf(found: Record<string, unknown>): EngineInfo {
  const limits = ["MemoryLimit", "PidsLimit", "CpuCfsQuota"];
  const texts = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map(String) : []);
  return {
    version: String(found.ServerVersion),
    runtimes: Object.keys(found.Runtimes ?? {}),
    cgroupDriver: String(found.CgroupDriver),
    rootFolder: String(found.DockerRootDir),
    securityOptions: texts(found.SecurityOptions),
    missingLimits: limits.filter((name) => found[name] !== true),
  };
}

const OK = 200;

// What goes wrong with the archive is told in the answer's body, with a status that says all is well.
async function readLoadAnswer(answer: NodeJS.ReadableStream): Promise<void> {
  let text = "";
  for await (const bytes of answer) text += String(bytes);
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (error !== undefined) throw new DockerError(error, OK);
}

/** The answer; null for a status that is as good. Waits no longer than the signal lets it. */
async function told<T>(answer: Promise<T>, signal: AbortSignal): Promise<T>;
async function told<T>(answer: Promise<T>, signal: AbortSignal, asGood: readonly number[]): Promise<T | null>;
async function told<T>(answer: Promise<T>, signal: AbortSignal, asGood: readonly number[] = []): Promise<T | null> {
  let abort: () => void = () => undefined;
  // The client gives up a request, but says nothing when the answer had begun.
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([answer, aborted]);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
    if (status !== undefined && asGood.includes(status)) return null;
    throw new DockerError(error.message, status);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
