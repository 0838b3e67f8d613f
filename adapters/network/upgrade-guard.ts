import { SUBPROTOCOL, codecOf } from './frames.js';

/** Who may connect. */
export interface GuardSettings {
  /** Address that is listened on. */
  readonly host: string;
  readonly path: string;
  /** Origins of web pages that may connect, as `http://name:port`, besides the server's own. */
  readonly origins: readonly string[];
  /** Further names under which the server may be addressed. */
  readonly hosts: readonly string[];
  /** Whether a token in an address or header is the right one; null where none is set. */
  readonly isToken: ((token: string) => boolean) | null;
}

/** What is looked at of an upgrade request. */
export interface UpgradeRequest {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly protocols: string | undefined;
}

/** HTTP status of a refusal, with the words for it. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 503;
  readonly why: string;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/**
 * Looks at an upgrade request; null when it may connect.
 *
 * A page of another site could let its visitor's browser connect here, so a foreign `Origin` is refused; a name of
 * another site could be made to point here (DNS rebinding), so a foreign `Host` is.
 */
export function refusal(request: UpgradeRequest, settings: GuardSettings): Refusal | null {
  const name = hostName(request.host);
  if (name === null || !isOwnName(name, settings)) return { status: 403, why: 'foreign Host' };
  if (request.origin !== undefined && !isOwnOrigin(request.origin, request.host ?? '', settings)) {
    return { status: 403, why: 'foreign Origin' };
  }
  let url: URL;
  try {
    url = new URL(request.url ?? '', 'http://localhost');
  } catch {
    return { status: 400, why: 'bad address' };
  }
  if (settings.isToken) {
    const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
    const token = bearer ?? url.searchParams.get('token');
    if (token === null || !settings.isToken(token)) return { status: 401, why: 'bad or missing token' };
  }
  if (url.pathname !== settings.path) return { status: 404, why: `the stream is at ${settings.path}` };
  const offered = (request.protocols ?? '').split(',').map((protocol) => protocol.trim());
  return offered.some((protocol) => codecOf(protocol))
    ? null
    : { status: 400, why: `subprotocol ${SUBPROTOCOL} is needed` };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** The name in a Host header, without the port; null when it is not one. */
function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/?#@\s]+)(?::\d+)?$/i.exec(header ?? '');
  return match ? bare(match[1]) : null;
}

const isAddress = (name: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':');

/** Beyond loopback any plain address is taken: it cannot be rebound, and a token is needed there. */
function isOwnName(name: string, { host, hosts }: GuardSettings): boolean {
  if (isLoopback(name) || name === bare(host) || hosts.some((own) => bare(own) === name)) return true;
  return !isLoopback(host) && isAddress(name);
}

function isOwnOrigin(origin: string, host: string, { origins }: GuardSettings): boolean {
  return origins.includes(origin) || origin === `http://${host}` || origin === `https://${host}`;
}
