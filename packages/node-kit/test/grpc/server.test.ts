// The API's guard on a real server and a real client: identity, deadlines, caps, details of refusals, slow readers.
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { decodeStatusDetails, HealthDefinition, TaskServiceDefinition } from "@starling/protocol/rpc";
import { afterEach, describe, expect, it } from "vitest";
import { bindService, GrpcServer, type GrpcServerOptions, type Handlers, RpcRefusal } from "../../src/index.ts";

const TOKEN = "token-of-the-test-1234567890";
type TaskHandlers = Handlers<typeof TaskServiceDefinition>;

const refusing: TaskHandlers = {
  getTask: async () => {
    throw new RpcRefusal({
      code: "taskNotFound",
      status: status.NOT_FOUND,
      message: "there is no such task",
      fields: [{ field: "task_id", description: "unknown" }],
    });
  },
  listTasks: async () => {
    throw new Error("a secret that must not reach the caller");
  },
  watchTask: async () => undefined,
};

const servers: GrpcServer[] = [];
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.stop(200)));
});

async function serve(handlers: TaskHandlers, options: Partial<GrpcServerOptions> = {}): Promise<Client> {
  const service = bindService(TaskServiceDefinition, handlers, {
    getTask: "known",
    listTasks: "known",
    watchTask: "known",
  });
  const server = new GrpcServer([service], {
    host: "127.0.0.1",
    port: 0,
    credentials: { token: TOKEN, keys: [] },
    tls: null,
    callsInFlightMax: 2,
    onError: () => undefined,
    ...options,
  });
  servers.push(server);
  const port = await server.start();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  return client;
}

interface Answer {
  readonly error: ServiceError | null;
}

function call(
  client: Client,
  method: "GetTask" | "ListTasks",
  options: { readonly token?: string; readonly timeoutMs?: number } = {},
): Promise<Answer> {
  const metadata = new Metadata();
  if (options.token !== undefined) metadata.set("authorization", `Bearer ${options.token}`);
  const { requestType, responseType } =
    method === "GetTask" ? TaskServiceDefinition.methods.getTask : TaskServiceDefinition.methods.listTasks;
  const bytes = Buffer.from(requestType.encode(requestType.decode(new Uint8Array(0)) as never).finish());
  const deadline = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeoutMs;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      `/starling.v1.TaskService/${method}`,
      (request: Buffer) => request,
      (answer) => responseType.decode(answer),
      bytes,
      metadata,
      { deadline },
      (error) => resolve({ error }),
    );
  });
}

describe("the guard", () => {
  it("asks for an identity", async () => {
    const client = await serve(refusing);
    const { error } = await call(client, "GetTask", { timeoutMs: 5_000 });
    expect(error?.code).toBe(status.UNAUTHENTICATED);
    const wrong = await call(client, "GetTask", { timeoutMs: 5_000, token: `${TOKEN}x` });
    expect(wrong.error?.code).toBe(status.UNAUTHENTICATED);
  });

  it("asks for a deadline", async () => {
    const client = await serve(refusing);
    const { error } = await call(client, "GetTask", { token: TOKEN });
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.details).toMatch(/needs a deadline/);
  });

  it("sends code and fields of a refusal as details", async () => {
    const client = await serve(refusing);
    const { error } = await call(client, "GetTask", { token: TOKEN, timeoutMs: 5_000 });
    const [bytes] = error?.metadata.get("grpc-status-details-bin") ?? [];
    const details = bytes instanceof Uint8Array ? decodeStatusDetails(bytes) : null;
    expect(details).toMatchObject({
      reason: "taskNotFound",
      message: "there is no such task",
      fields: [{ field: "task_id", description: "unknown" }],
    });
  });

  it("keeps internal errors to itself", async () => {
    const seen: unknown[] = [];
    const client = await serve(refusing, { onError: (error) => seen.push(error) });
    const { error } = await call(client, "ListTasks", { token: TOKEN, timeoutMs: 5_000 });
    expect(error?.code).toBe(status.INTERNAL);
    expect(error?.details).not.toMatch(/secret/);
    expect(String(seen[0])).toMatch(/secret/);
  });

  it("refuses more calls than it may have in flight", async () => {
    const waiting: (() => void)[] = [];
    const handlers: TaskHandlers = {
      ...refusing,
      getTask: () => new Promise((resolve) => waiting.push(() => resolve({ task: undefined }))),
    };
    const client = await serve(handlers);
    const calls = [1, 2].map(() => call(client, "GetTask", { token: TOKEN, timeoutMs: 5_000 }));
    await expect.poll(() => waiting.length).toBe(2);
    const { error } = await call(client, "GetTask", { token: TOKEN, timeoutMs: 5_000 });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    for (const finish of waiting) finish();
    expect((await Promise.all(calls)).map((answer) => answer.error)).toEqual([null, null]);
  });

  it("answers health without an identity", async () => {
    const client = await serve(refusing);
    const { requestType, responseType } = HealthDefinition.methods.check;
    const health = await new Promise<unknown>((resolve, reject) => {
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (request: Buffer) => request,
        (answer) => responseType.decode(answer),
        Buffer.from(requestType.encode({ service: "" }).finish()),
        new Metadata(),
        { deadline: Date.now() + 5_000 },
        (error, answer) => (error === null ? resolve(answer) : reject(error)),
      );
    });
    expect(health).toEqual({ status: 1 });
  });

  it("keeps places for those who are known, however many strangers watch its health", async () => {
    const client = await serve(refusing, { callsInFlightMax: 1 });
    const { requestType, responseType } = HealthDefinition.methods.watch;
    const watch = () =>
      client.makeServerStreamRequest(
        "/grpc.health.v1.Health/Watch",
        () => Buffer.from(requestType.encode({ service: "" }).finish()),
        (answer) => responseType.decode(answer),
        null,
        new Metadata(),
      );
    const watches = [watch(), watch()];
    for (const one of watches) one.on("error", () => undefined);
    await Promise.all(watches.map((one) => new Promise((resolve) => one.once("data", resolve))));
    const { error } = await call(client, "GetTask", { token: TOKEN, timeoutMs: 5_000 });
    expect(error?.code).toBe(status.NOT_FOUND);
    for (const one of watches) one.cancel();
  });

  it("serves in clear on loopback alone", () => {
    const service = bindService(TaskServiceDefinition, refusing, {
      getTask: "known",
      listTasks: "known",
      watchTask: "known",
    });
    const options: GrpcServerOptions = {
      host: "0.0.0.0",
      port: 0,
      credentials: { token: TOKEN, keys: [] },
      tls: null,
      callsInFlightMax: 1,
      onError: () => undefined,
    };
    expect(() => new GrpcServer([service], options)).toThrow(/needs a TLS key/);
  });
});
