const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** SHA-256 digests (64 lower-case hex digits each) as one base64 text of their bytes in a row: a third shorter. */
export function packDigests(digests: readonly string[]): string {
  const hex = digests.join('');
  const parts: string[] = [];
  for (let i = 0; i < hex.length; i += 6) {
    const group = hex.slice(i, i + 6);
    const bits = Number.parseInt(group.padEnd(6, '0'), 16);
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]).join('');
    parts.push(group.length === 6 ? letters : letters.slice(0, group.length / 2 + 1).padEnd(4, '='));
  }
  return parts.join('');
}

/** The digests out of {@link packDigests}'s text; null when it is not such a text. */
export function unpackDigests(text: string): string[] | null {
  const letters = text.replace(/={0,2}$/, '');
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(letters)) return null;
  let hex = '';
  const parts: string[] = [];
  for (let i = 0; i < letters.length; i += 4) {
    let bits = 0;
    for (let k = 0; k < 4; k++) bits = bits * 64 + (i + k < letters.length ? ALPHABET.indexOf(letters[i + k]) : 0);
    hex += bits
      .toString(16)
      .padStart(6, '0')
      .slice(0, 2 * Math.min(3, letters.length - i - 1));
    while (hex.length >= 64) {
      parts.push(hex.slice(0, 64));
      hex = hex.slice(64);
    }
  }
  return hex === '' ? parts : null;
}
