// Executors of the tests over a Docker of the tests' own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Executor } from "../../src/shell/executors/executor.ts";
import { createOciExecutor } from "../../src/shell/executors/index.ts";

/** An executor with a folder of its own; closing it removes both. */
export function ociExecutor(socketPath: string, runtime = "runc", slots = 1): Executor & { readonly area: string } {
  const area = mkdtempSync(join(tmpdir(), "oci-area-"));
  const executor = createOciExecutor({ slots, area, socketPath, runtime });
  return {
    ...executor,
    area,
    close: async () => {
      await executor.close();
      rmSync(area, { recursive: true, force: true });
    },
  };
}
