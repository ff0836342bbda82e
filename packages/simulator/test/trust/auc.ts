// How well one number tells two kinds of things apart.

/** Area under the curve of the best threshold classifier on one feature (Mann and Whitney), and its deviation by chance. */
export function auc(
  positives: readonly number[],
  negatives: readonly number[],
): { readonly auc: number; readonly sigma: number } {
  const all = [
    ...positives.map((value) => ({ value, isPositive: true })),
    ...negatives.map((value) => ({ value, isPositive: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    // Equal values share the mean of their ranks.
    const rank = (start + end + 1) / 2;
    rankSum += rank * all.slice(start, end).filter(({ isPositive }) => isPositive).length;
    start = end;
  }
  const [m, n] = [positives.length, negatives.length];
  return { auc: (rankSum - (m * (m + 1)) / 2) / (m * n), sigma: Math.sqrt((m + n + 1) / (12 * m * n)) };
}
