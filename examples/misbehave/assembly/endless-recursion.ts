// Calls itself without end, and uses the result afterwards so that it can't become a loop.
import "../../assembly/wasi";

function deeper(n: u32): u32 {
  return deeper(n + 1) ^ load<u32>((n & 1023) << 2);
}

export function _start(): void {
  store<u32>(0, deeper(1));
}
