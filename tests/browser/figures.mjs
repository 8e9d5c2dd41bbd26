// Figures of measured times.

const inOrder = (values) => [...values].sort((a, b) => a - b);

export function median(values) {
  const sorted = inOrder(values);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The smallest value that so many in a hundred do not exceed. */
export function percentile(values, hundredths) {
  return inOrder(values)[Math.ceil((values.length * hundredths) / 100) - 1];
}
