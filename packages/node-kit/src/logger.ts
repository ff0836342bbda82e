// Structured logs: a constant message with flat fields, as JSON lines, or as text on a terminal. Written to stderr.
import { systemClock } from "./clock.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type LogValue = string | number | boolean | bigint | null | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/** Writes events. The message is constant text; what varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every event. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Events below it are dropped; default "info". */
  readonly level?: LogLevel;
  /** Default: "text" on a terminal, "json" elsewhere. */
  readonly format?: "json" | "text";
  /** Receives one line with its line end; default: the process's stderr. */
  readonly write?: (line: string) => void;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: () => number;
  readonly fields?: LogFields;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40, silent: 100 };

// A field must not flood the log, whatever a peer sent.
const FIELD_CHARACTERS_MAX = 2_000;

/** A logger by options. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const least = RANK[options.level ?? "info"];
  const format = options.format ?? (process.stderr.isTTY ? "text" : "json");
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const nowMs = options.nowMs ?? systemClock.wallMs;
  const render = format === "json" ? jsonLine : textLine;
  const make = (context: LogFields): Logger => {
    const log = (level: LogLevel) => (message: string, fields?: LogFields) => {
      if (RANK[level] >= least) write(render({ atMs: nowMs(), level, message, fields: { ...context, ...fields } }));
    };
    return {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      child: (fields) => make({ ...context, ...fields }),
    };
  };
  return make(options.fields ?? {});
}

/** Drops everything; for tests and for tools that print their own output. */
export const silentLogger: Logger = createLogger({ level: "silent", write: () => undefined });

/** An unknown thrown value as flat fields: its message, code and chain of causes. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : (errorFields(error.cause).error ?? undefined);
  return { error: error.message, errorName: error.name, errorCode: code, cause, stack: error.stack };
}

interface LogEvent {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

function jsonLine(event: LogEvent): string {
  const line: Record<string, unknown> = {
    time: new Date(event.atMs).toISOString(),
    level: event.level,
    message: event.message,
  };
  for (const [name, value] of Object.entries(event.fields)) {
    // A field never hides the event's own three.
    if (value !== undefined)
      line[name in line ? `field_${name}` : name] = typeof value === "bigint" ? value.toString() : clipped(value);
  }
  return `${JSON.stringify(line)}\n`;
}

function textLine(event: LogEvent): string {
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  let line = `${time} ${event.level.toUpperCase().padEnd(5)} ${event.message}`;
  for (const [name, value] of Object.entries(event.fields)) {
    if (value !== undefined) line += ` ${name}=${textValue(value)}`;
  }
  return `${line}\n`;
}

// Quoted where it could be mistaken for more fields, or steer the terminal: the text may come from a stranger.
function textValue(value: Exclude<LogValue, undefined>): string {
  const text = String(clipped(value));
  return /^[\w.,:/@+-]+$/.test(text) ? text : JSON.stringify(text).replace(/[\u007f-\u009f]/g, "?");
}

function clipped<T extends LogValue>(value: T): T | string {
  return typeof value === "string" && value.length > FIELD_CHARACTERS_MAX
    ? `${value.slice(0, FIELD_CHARACTERS_MAX)}…`
    : value;
}
