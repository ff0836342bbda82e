// Tries to write 1 GiB.
import { openForWriting, write } from "../../assembly/wasi";

export function _start(): void {
  const descriptor = openForWriting("out/huge.bin");
  const chunk = new ArrayBuffer(1 << 20);
  for (let i = 0; i < 1024; i += 1) write(descriptor, chunk);
}
