// A small seeded generator (xorshift64*), so that a seed means the same numbers on every machine.

export class Random {
  private state: u64;

  constructor(seed: u64) {
    this.state = seed * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d;
    if (this.state == 0) this.state = 1;
    for (let i = 0; i < 8; i += 1) this.next();
  }

  /** 32 uniform bits. */
  next(): u32 {
    let x = this.state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    this.state = x;
    return <u32>((x * 0x2545f4914f6cdd1d) >> 32);
  }

  /** A uniform integer in [0, bound). */
  below(bound: u32): u32 {
    return <u32>((<u64>this.next() * <u64>bound) >> 32);
  }

  /** A uniform number in [-limit, limit). */
  around(limit: f32): f32 {
    return (<f32>(this.next() >> 8) / <f32>8388608.0 - 1.0) * limit;
  }
}
