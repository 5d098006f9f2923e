/**
 * Estimates a quantile of a histogram, as if values lay evenly between the bounds of their bucket.
 *
 * @param quantile - 0 to 1.
 * @param bounds - Upper bounds of all buckets but the last, upwards.
 * @param counts - How many in each bucket; one more than bounds.
 * @returns `undefined` if there are no values. What lies beyond the last bound is told as that.
 */
export function quantileOf(quantile: number, bounds: readonly number[], counts: readonly number[]): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return undefined;
  let rest = quantile * total;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && rest <= count) {
      const lower = bounds[index - 1] ?? 0;
      const upper = bounds[index] ?? lower;
      return lower + (upper - lower) * (rest / count);
    }
    rest -= count;
  }
  return bounds.at(-1) ?? 0;
}
