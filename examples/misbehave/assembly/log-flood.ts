// Writes 64 MiB of log, then a small output: the log is cut, the task succeeds.
import { write, writeFile } from "../../assembly/wasi";

export function _start(): void {
  const line = String.UTF8.encode("all work and no play makes a dull log\n".repeat(1024));
  for (let i = 0; i < 1725; i += 1) write(1, line);
  writeFile("out/done", String.UTF8.encode("1"));
}
