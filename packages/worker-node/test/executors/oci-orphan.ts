// A daemon for the tests: a container of it spins in children that ignore every signal, and it waits to be killed. Its folder and Docker's socket are its arguments.
import { createOciExecutor } from "../../src/shell/executors/index.ts";
import { shellImage } from "./oci-images.ts";
import { task, unhurried } from "./support.ts";

const [area = "", socketPath = ""] = process.argv.slice(2);
const executor = createOciExecutor({ slots: 1, area, socketPath, runtime: "runc" });
const spins =
  "trap '' TERM HUP INT; (setsid sh -c 'trap \"\" TERM HUP; while :; do :; done' &) ; echo '{\"done\":1,\"total\":2}' > /progress; while :; do :; done";
const work = task(shellImage(spins), {
  limits: { timeoutMs: 600_000, memoryBytes: 2 ** 24, outputBytes: 65_536, outputFiles: 1, logBytes: 1_000 },
});
await executor.run(work, { ...unhurried(), onProgress: () => process.stdout.write("spinning\n") });
