/** Index of the highest score; of equal ones the one with the higher `ties`, then the first. */
export function winner(scores: Float64Array, ties: Float64Array): number {
  let best = 0;
  for (let c = 1; c < scores.length; c++) {
    if (scores[c] > scores[best] || (scores[c] === scores[best] && ties[c] > ties[best])) best = c;
  }
  return best;
}
