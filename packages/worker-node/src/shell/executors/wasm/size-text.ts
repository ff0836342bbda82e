// Sizes in what a program's owner reads. The sandboxed process loads no package of ours, so this cannot be protocol's `formatSize`.

const units: readonly (readonly [string, number])[] = [
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
];

/** Bytes in the largest unit of which they are a whole number, as limits usually are: "64Mi", "10 bytes". */
export function sizeText(bytes: number): string {
  const unit = units.find(([, factor]) => bytes >= factor && bytes % factor === 0);
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit[1]}${unit[0]}`;
}
