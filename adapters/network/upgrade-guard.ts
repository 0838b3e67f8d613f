import { SUBPROTOCOL, codecOf } from './frames.js';

/** What a client may do: receive streams, or also send them. */
export type Scope = 'view' | 'publish';

/** Who may connect. */
export interface GuardSettings {
  /** Address that is listened on. */
  readonly host: string;
  readonly path: string;
  /** Origins of web pages that may connect, as `http://name:port`, besides the server's own. */
  readonly origins: readonly string[];
  /** Further names under which the server may be addressed. */
  readonly hosts: readonly string[];
  /** What is allowed with a token, or without one; null: nothing. */
  readonly scopeOf: (token: string | null) => Scope | null;
}

/** What is looked at of a request. */
export interface UpgradeRequest {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly protocols: string | undefined;
}

/** HTTP status of a refusal, with the words for it. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 429 | 503;
  readonly why: string;
  /** One word, for counting. */
  readonly reason: string;
}

/** What a request that is let in asks for. */
export interface Admission {
  readonly url: URL;
  readonly scope: Scope;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Whether something was refused. */
export function isRefusal(answer: Admission | Refusal): answer is Refusal {
  return 'status' in answer;
}

/**
 * Looks at who asks, from where and under which name; null for those who may ask.
 *
 * A page of another site could let its visitor's browser connect here, so a foreign `Origin` is refused; a name of
 * another site could be made to point here (DNS rebinding), so a foreign `Host` is.
 */
export function foreignness({ host, origin }: UpgradeRequest, settings: GuardSettings): Refusal | null {
  const name = hostName(host);
  if (name === null || !isOwnName(name, settings)) return { status: 403, why: 'foreign Host', reason: 'host' };
  if (origin === undefined || isOwnOrigin(origin, host ?? '', settings)) return null;
  return { status: 403, why: 'foreign Origin', reason: 'origin' };
}

/** Looks at a request, whatever it is for. */
export function admission(request: UpgradeRequest, settings: GuardSettings): Admission | Refusal {
  const foreign = foreignness(request, settings);
  if (foreign) return foreign;
  let url: URL;
  try {
    url = new URL(request.url ?? '', 'http://localhost');
  } catch {
    return { status: 400, why: 'bad address', reason: 'address' };
  }
  const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
  const scope = settings.scopeOf(bearer ?? url.searchParams.get('token'));
  return scope ? { url, scope } : { status: 401, why: 'bad or missing token', reason: 'token' };
}

/** Looks at an upgrade request. */
export function upgradeAdmission(request: UpgradeRequest, settings: GuardSettings): Admission | Refusal {
  const answer = admission(request, settings);
  if (isRefusal(answer)) return answer;
  if (answer.url.pathname !== settings.path) {
    return { status: 404, why: `the stream is at ${settings.path}`, reason: 'path' };
  }
  const offered = (request.protocols ?? '').split(',').map((protocol) => protocol.trim());
  return offered.some((protocol) => codecOf(protocol))
    ? answer
    : { status: 400, why: `subprotocol ${SUBPROTOCOL} is needed`, reason: 'subprotocol' };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** The name in a Host header, without the port; null when it is not one. */
function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/?#@\s]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match ? bare(match[1]) : null;
}

const isAddress = (name: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':');

/** Beyond loopback any plain address is taken: it cannot be rebound, and a token is needed there. */
function isOwnName(name: string, { host, hosts }: GuardSettings): boolean {
  if (isLoopback(name) || name === bare(host) || hosts.some((own) => bare(own) === name)) return true;
  return !isLoopback(host) && isAddress(name);
}

function isOwnOrigin(origin: string, host: string, { origins }: GuardSettings): boolean {
  const name = origin.toLowerCase();
  const own = host.toLowerCase();
  return name === `http://${own}` || name === `https://${own}` || origins.some((one) => one.toLowerCase() === name);
}
