// Never ends. The volatile-looking store keeps the compiler from removing the loop.
import "../../assembly/wasi";

export function _start(): void {
  for (let i: u32 = 0; ; i += 1) store<u32>(0, i);
}
