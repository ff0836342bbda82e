// Events become one line each, whatever a stranger put into the fields.
import { describe, expect, it } from "vitest";
import { createLogger, errorFields } from "../src/logger.ts";

function lines(format: "json" | "text", level: "debug" | "info" = "info") {
  const written: string[] = [];
  const logger = createLogger({ format, level, write: (line) => written.push(line), nowMs: () => 1_700_000_000_123 });
  return { logger, written };
}

describe("JSON lines", () => {
  it("hold time, level, message and flat fields", () => {
    const { logger, written } = lines("json");
    logger.child({ job: "0x1" }).info("lease granted", { tasks: 3, amount: 5n, nothing: undefined });
    expect(written).toEqual([
      '{"time":"2023-11-14T22:13:20.123Z","level":"info","message":"lease granted","job":"0x1","tasks":3,"amount":"5"}\n',
    ]);
  });

  it("keep the event's own fields when others have their names", () => {
    const { logger, written } = lines("json");
    logger.warn("peer said", { level: "error", message: "all is well" });
    expect(JSON.parse(written[0] ?? "")).toMatchObject({
      level: "warn",
      message: "peer said",
      field_level: "error",
      field_message: "all is well",
    });
  });

  it("cut fields that are too long", () => {
    const { logger, written } = lines("json");
    logger.info("frame", { text: "x".repeat(100_000) });
    expect(written[0]?.length).toBeLessThan(2_200);
  });
});

describe("text", () => {
  it("quotes what could be taken for another field or steer a terminal", () => {
    const { logger, written } = lines("text");
    logger.error("peer said", { plain: "a.b:1", text: "x level=info\n\u001b[2J\u009b" });
    expect(written).toEqual(['22:13:20.123 ERROR peer said plain=a.b:1 text="x level=info\\n\\u001b[2J?"\n']);
  });
});

describe("a logger", () => {
  it("drops what is below its level", () => {
    const { logger, written } = lines("text");
    logger.debug("detail");
    expect(written).toEqual([]);
    const loud = lines("text", "debug");
    loud.logger.debug("detail");
    expect(loud.written).toHaveLength(1);
  });

  it("turns errors into fields, with code and cause", () => {
    const cause = new Error("disk");
    const error = Object.assign(new Error("journal", { cause }), { code: "journalWrite" });
    expect(errorFields(error)).toMatchObject({
      error: "journal",
      errorName: "Error",
      errorCode: "journalWrite",
      cause: "disk",
    });
    expect(errorFields("text")).toEqual({ error: "text" });
  });
});
