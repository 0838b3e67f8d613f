/** Number of insertions, deletions, replacements and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length];
}

/** The candidate that is nearest to `word`; of equally near ones the first. Null where there is none. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let distance = Infinity;
  for (const candidate of candidates) {
    const d = editDistance(word, candidate);
    if (d < distance) {
      best = candidate;
      distance = d;
    }
  }
  return best;
}

const bare = (word: string): string => word.replace(/^-+/, '');

/** Whether one word may have been meant by the other: few edits for their length, or one begins the other. */
function isClose(word: string, candidate: string): boolean {
  const [a, b] = [bare(word), bare(candidate)];
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length >= 3 && long.startsWith(short)) return true;
  return editDistance(a, b) <= Math.max(1, Math.floor(0.4 * long.length)) && editDistance(a, b) < short.length;
}

/** What to say of a word that is none of `candidates`: the nearest where it is close, else all that there are. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const best = nearest(word, candidates);
  return best !== null && isClose(word, best) ? `the nearest is ${best}` : `there are ${candidates.join(', ')}`;
}
