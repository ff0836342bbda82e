// What went wrong with a call, in words that a person can act on.
import { type ServiceError, status } from "@grpc/grpc-js";
import { errorCodes, exitCode } from "@starling/protocol";
import { decodeStatusDetails } from "@starling/protocol/rpc";

/** A refused or failed call. */
export class StarlingError extends Error {
  override readonly name = "StarlingError";
  /** A code of the error table. */
  readonly code: string;
  readonly fields: readonly { readonly field: string; readonly description: string }[];
  /** Whether the same call may succeed later. */
  readonly retryHelps: boolean;
  /** The exit code of a command that ends with this error. */
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    more: { readonly fields?: StarlingError["fields"]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.fields = more.fields ?? [];
    const row = rowOf(code);
    this.retryHelps = row?.retryHelps ?? false;
    this.exitCode = row?.exit ?? exitCode.failed;
  }
}

function rowOf(code: string): { readonly retryHelps: boolean; readonly exit: number } | undefined {
  return Object.hasOwn(errorCodes, code) ? errorCodes[code as keyof typeof errorCodes] : undefined;
}

/** The error of a failed call: with the server's details where it sent some, otherwise with what the transport says. */
export function callError(error: unknown, address: string): StarlingError {
  if (error instanceof StarlingError) return error;
  if (!isServiceError(error))
    return new StarlingError("internal", error instanceof Error ? error.message : String(error), { cause: error });
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const details = bytes instanceof Uint8Array ? decodeStatusDetails(bytes) : null;
  if (details !== null && details.reason !== "")
    return new StarlingError(details.reason, wordsOf(details, address), { fields: details.fields, cause: error });
  switch (error.code) {
    case status.UNAVAILABLE:
      return new StarlingError(
        "unavailable",
        `no coordinator answers at ${address}: is it running? (${briefly(error.details)})`,
        { cause: error },
      );
    case status.DEADLINE_EXCEEDED:
      return new StarlingError("timedOut", `the coordinator at ${address} did not answer in time`, { cause: error });
    case status.CANCELLED:
      return new StarlingError("cancelled", "the call was cancelled", { cause: error });
    case status.UNAUTHENTICATED:
      return new StarlingError("unauthenticated", error.details, { cause: error });
    default:
      // The details of other servers: a chain, a web server.
      if (error.code !== status.UNIMPLEMENTED && !error.details.startsWith("Received HTTP status"))
        return new StarlingError("internal", error.details, { cause: error });
      return new StarlingError(
        "configuration",
        `what answers at ${address} is not a coordinator's API (${error.details}); \`starling devnet status\` shows the address of a devnet's`,
        { cause: error },
      );
  }
}

// The server speaks of metadata, which whoever uses this library never sees.
function wordsOf(details: { readonly reason: string; readonly message: string }, address: string): string {
  if (details.reason !== "unauthenticated") return details.message;
  return `the coordinator at ${address} does not know the token that was sent; it takes the one in its api-token file (--token-file), or an API key`;
}

// What failed, without the transport's account of how it tried.
function briefly(details: string): string {
  const found = /Last error: (?:\w*Error(?: \[\w+\])?: )?(.+?)(?: \(\d{4}-[^)]*\))?\.* Resolution note:/s.exec(details);
  return found?.[1] ?? details;
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    typeof Reflect.get(error, "code") === "number" &&
    typeof Reflect.get(error, "details") === "string"
  );
}
