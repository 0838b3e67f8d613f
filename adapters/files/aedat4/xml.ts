import { RxSpikeError } from '../../../src/index.js';

/** An element of a configuration tree in XML. */
export interface XmlElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, without blanks around. */
  readonly text: string;
}

interface OpenElement {
  readonly tag: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const DEEPEST = 64;
const MOST = 4096;
const ATTRIBUTE = /\s+([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const corrupt = (what: string): RxSpikeError => new RxSpikeError('ERR_CORRUPT', `aedat4: XML ${what}`);

/** The five predefined entities, once; anything else stays as it stands. */
const unescape = (text: string): string => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => NAMED[name]);

/**
 * Reads the subset of XML that DV writes: elements, attributes, text, comments and a declaration. Document types and
 * entity definitions are refused, so that nothing can expand or be fetched.
 * @throws `ERR_CORRUPT`, `ERR_LIMIT`
 */
export function parseXml(source: string): XmlElement {
  const root: OpenElement = { tag: '', attributes: new Map(), children: [], text: '' };
  const open: OpenElement[] = [root];
  let at = 0;
  let tags = 0;
  while (at < source.length) {
    const innermost = open[open.length - 1];
    const bracket = source.indexOf('<', at);
    innermost.text += unescape(source.slice(at, bracket === -1 ? source.length : bracket)).trim();
    if (bracket === -1) break;
    if (source.startsWith('<!--', bracket)) at = after(source, '-->', bracket + 4);
    else if (source.startsWith('<?', bracket)) at = after(source, '?>', bracket + 2);
    else if (source.startsWith('<!', bracket)) throw corrupt('holds a document type or a section, which is not read');
    else {
      at = after(source, '>', bracket + 1);
      if (++tags > 2 * MOST) throw new RxSpikeError('ERR_LIMIT', `aedat4: XML has more than ${MOST} elements`);
      readTag(source.slice(bracket + 1, at - 1), open);
    }
  }
  if (open.length > 1) throw corrupt(`ends inside <${open[open.length - 1].tag}>`);
  return root;
}

function after(source: string, end: string, from: number): number {
  const found = source.indexOf(end, from);
  if (found === -1) throw corrupt(`has no ${end} after character ${from}`);
  return found + end.length;
}

function readTag(content: string, open: OpenElement[]): void {
  if (content.startsWith('/')) {
    const closed = open.length > 1 ? open.pop() : undefined;
    if (closed?.tag !== content.slice(1).trim()) throw corrupt(`closes <${content.slice(1, 40)}>, which is not open`);
    return;
  }
  const alone = content.endsWith('/');
  const body = alone ? content.slice(0, -1).trimEnd() : content.trimEnd();
  const tag = /^[\w.:-]+/.exec(body)?.[0];
  if (tag === undefined) throw corrupt(`has a tag <${body.slice(0, 40)}>`);
  const attributes = readAttributes(body, tag.length);
  const element: OpenElement = { tag, attributes, children: [], text: '' };
  open[open.length - 1].children.push(element);
  if (alone) return;
  if (open.length > DEEPEST) throw corrupt(`is nested deeper than ${DEEPEST}`);
  open.push(element);
}

function readAttributes(body: string, from: number): Map<string, string> {
  const attributes = new Map<string, string>();
  let at = from;
  while (at < body.length) {
    ATTRIBUTE.lastIndex = at;
    const [, name, double, single] = ATTRIBUTE.exec(body) ?? [];
    if (name === undefined) throw corrupt(`has attributes ${body.slice(at, at + 40)}`);
    attributes.set(name, unescape(double ?? single));
    at = ATTRIBUTE.lastIndex;
  }
  return attributes;
}
