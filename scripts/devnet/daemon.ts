// One child process of a devnet: started with a lifeline and a log file, stopped in order, and remembered with the reason of its end.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { lastComplaint } from "./log-tail.ts";

/** What a daemon is in the network. */
export type DaemonRole = "coordinator" | "worker" | "referee" | "hub";

/** How to start one. */
export interface DaemonSpec {
  readonly name: string;
  readonly role: DaemonRole;
  /** Program and its arguments; Node runs it. */
  readonly command: readonly string[];
  readonly log: string;
  /** Joins the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How one ended. */
export interface DaemonEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** A sentence for people: what the process said last, or how it ended. */
  readonly reason: string;
  /** Whether the devnet wanted it to end. */
  readonly wanted: boolean;
}

const stopMsMax = 8_000;

/** A running daemon, or one that has ended. */
export class Daemon {
  readonly spec: DaemonSpec;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<DaemonEnd>;
  readonly #child: ChildProcess;
  #wanted = false;
  #end: DaemonEnd | null = null;

  private constructor(spec: DaemonSpec, child: ChildProcess) {
    this.spec = spec;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null, said: string): void => {
        if (this.#end !== null) return;
        this.#end = { code, signal, reason: said, wanted: this.#wanted };
        resolve(this.#end);
      };
      child.once("error", (error) => ended(null, null, `it could not be started: ${error.message}`));
      child.once("exit", (code, signal) => ended(code, signal, this.#reason(code, signal)));
    });
    // Writing to a process that has just died fails; its exit is what tells.
    child.stdin?.on("error", () => undefined);
  }

  /** Starts the process. It gets a session of its own, so that Ctrl-C reaches it only through `stop`. */
  static start(spec: DaemonSpec): Daemon {
    mkdirSync(dirname(spec.log), { recursive: true, mode: 0o700 });
    const log = openSync(spec.log, "a", 0o600);
    try {
      const [program = "", ...args] = spec.command;
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
        // The pipe is the lifeline: the kernel closes it when this process dies, however it dies.
        stdio: ["pipe", log, log],
        detached: true,
        env: { ...process.env, STARLING_LIFELINE: "stdin", STARLING_LOG_FORMAT: "json", ...spec.environment },
      });
      return new Daemon(spec, child);
    } finally {
      closeSync(log);
    }
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended; null while it runs. */
  get end(): DaemonEnd | null {
    return this.#end;
  }

  /** Asks for an orderly end, and kills what has not ended after a few seconds. Safe to call twice. */
  async stop(limitMs: number = stopMsMax): Promise<DaemonEnd> {
    this.#wanted = true;
    if (this.#end !== null) return this.#end;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), limitMs);
    const end = await this.exited;
    clearTimeout(timer);
    return end;
  }

  /** Kills the process as a power cut would, and waits until it is gone. */
  async kill(): Promise<DaemonEnd> {
    this.#wanted = true;
    this.#child.kill("SIGKILL");
    return await this.exited;
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`;
    const said = lastComplaint(this.spec.log);
    return said === null || code === 0 ? how : `${how}: ${said}`;
  }
}
