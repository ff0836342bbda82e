// The API as a service of the daemon: token file, certificate, all services, and the file that says where it listens.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  errorFields,
  GrpcServer,
  type Logger,
  readSecretFile,
  recover,
  type Service,
  type StoredKey,
  writeSecretFile,
} from "@starling/node-kit";
import type { CoordinatorSettings } from "../../config.ts";
import { artifactService } from "./artifact-service.ts";
import type { ApiDeps } from "./deps.ts";
import { jobService } from "./job-service.ts";
import { ledgerService } from "./ledger-service.ts";
import { nodeService } from "./node-service.ts";
import { taskService } from "./task-service.ts";

const CALLS_IN_FLIGHT_MAX = 1_000;
const STOP_GRACE_MS = 2_000;

/** What the API is built of once the parts before it stand. */
export type ApiParts = Omit<ApiDeps, "checks"> & { readonly checks: Omit<ApiDeps["checks"], "recover"> };

/** Serves from start to stop. */
export function apiServer(
  partsOf: () => ApiParts,
  options: {
    readonly settings: CoordinatorSettings;
    readonly logger: Logger;
    readonly serving: (address: string) => void;
  },
): Service {
  const { settings, logger } = options;
  const addressFile = join(settings.dataDir, "api.json");
  let server: GrpcServer | null = null;
  return {
    name: "api",
    start: async () => {
      const parts = partsOf();
      const deps: ApiDeps = { ...parts, checks: { ...parts.checks, recover } };
      server = new GrpcServer(
        [jobService(deps), taskService(deps), nodeService(deps), artifactService(deps), ledgerService(deps)],
        {
          host: settings.apiHost,
          port: settings.apiPort,
          credentials: { token: tokenOf(join(settings.dataDir, "api-token")), keys: keysOf(settings.apiKeysFile) },
          tls: tlsOf(settings),
          callsInFlightMax: CALLS_IN_FLIGHT_MAX,
          onError: (error, context) => logger.error("call failed", { ...context, ...errorFields(error) }),
        },
      );
      const port = await server.start();
      const address = `${settings.apiHost}:${port}`;
      writeFileSync(addressFile, `${JSON.stringify({ address })}\n`);
      options.serving(address);
      logger.info("api", { address });
    },
    stop: async () => {
      rmSync(addressFile, { force: true });
      await server?.stop(STOP_GRACE_MS);
    },
  };
}

// The token outlives restarts, so that a client that follows a job need not read it again.
function tokenOf(path: string): string {
  if (!existsSync(path)) writeSecretFile(path, `${randomBytes(32).toString("base64url")}\n`);
  return readSecretFile(path).trim();
}

function keysOf(path: string | undefined): readonly StoredKey[] {
  if (path === undefined) return [];
  const found: unknown = JSON.parse(readFileSync(path, "utf8"));
  const isKey = (one: unknown): one is StoredKey =>
    typeof one === "object" &&
    one !== null &&
    /^[0-9a-f]{64}$/.test(String(Reflect.get(one, "sha256"))) &&
    /^0x[0-9a-f]{40}$/.test(String(Reflect.get(one, "address")));
  if (!Array.isArray(found) || !found.every(isKey))
    throw new Error(`${path} must be a JSON list of {"sha256", "address"} in lower-case hexadecimal`);
  return found;
}

function tlsOf(settings: CoordinatorSettings): { readonly key: Buffer; readonly certificate: Buffer } | null {
  const { tlsKeyFile, tlsCertificateFile } = settings;
  if (tlsKeyFile === undefined && tlsCertificateFile === undefined) return null;
  if (tlsKeyFile === undefined || tlsCertificateFile === undefined)
    throw new Error("the API needs both --tls-key-file and --tls-certificate-file");
  return { key: readFileSync(tlsKeyFile), certificate: readFileSync(tlsCertificateFile) };
}
