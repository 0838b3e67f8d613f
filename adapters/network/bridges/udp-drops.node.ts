import { readFileSync } from 'node:fs';

/**
 * Datagrams that the kernel has thrown away for want of room since a UDP socket of this port was opened, summed over the
 * sockets of that port; null where the kernel does not tell (it does on Linux).
 */
export function kernelDrops(port: number, family: 'IPv4' | 'IPv6'): number | null {
  let table: string;
  try {
    table = readFileSync(family === 'IPv4' ? '/proc/net/udp' : '/proc/net/udp6', 'utf8');
  } catch {
    return null;
  }
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const own = rows.filter(([, local]) => local?.endsWith(`:${hex}`));
  // The last column of proc(5) /proc/net/udp.
  return own.length === 0 ? null : own.reduce((sum, row) => sum + Number(row.at(-1)), 0);
}
