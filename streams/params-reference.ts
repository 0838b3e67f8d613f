/** Parameters that may change between two packets; the version tells when they have. */
export abstract class VersionedParams<Params> {
  /** Parameters in force; treated as frozen. */
  abstract get current(): Params;
  /** Number of changes so far. */
  abstract get version(): number;

  /** A view of these parameters through `form`, which is asked once a version. */
  map<Formed>(form: (params: Params) => Formed): VersionedParams<Formed> {
    return new MappedParams(this, form);
  }
}

/**
 * Parameters that may be swapped while a stream runs: an operator reads the reference once per packet, so one packet
 * never sees two versions.
 *
 * ```ts
 * const params = new ParamsReference({ dt: 10_000 });
 * events.pipe(denoise(params)).subscribe(show);
 * params.swap({ dt: 5_000 }); // from the next packet on
 * ```
 */
export class ParamsReference<Params> extends VersionedParams<Params> {
  #current: Params;
  #version = 0;

  constructor(params: Params) {
    super();
    this.#current = params;
  }

  override get current(): Params {
    return this.#current;
  }

  override get version(): number {
    return this.#version;
  }

  /** Puts new parameters in force from the next packet on. Wrong ones are an error of the streams that read them. */
  swap(params: Params): void {
    this.#current = params;
    this.#version++;
  }
}

class MappedParams<From, Params> extends VersionedParams<Params> {
  readonly #from: VersionedParams<From>;
  readonly #form: (params: From) => Params;
  #formed: { readonly version: number; readonly params: Params } | null = null;

  constructor(from: VersionedParams<From>, form: (params: From) => Params) {
    super();
    this.#from = from;
    this.#form = form;
  }

  override get current(): Params {
    const { version } = this.#from;
    if (this.#formed?.version !== version) this.#formed = { version, params: this.#form(this.#from.current) };
    return this.#formed.params;
  }

  override get version(): number {
    return this.#from.version;
  }
}

/** Parameters, or a reference to them. */
export type ParamsOrReference<Params> = Params | VersionedParams<Params>;

/** A reference in any case. */
export function versioned<Params>(params: ParamsOrReference<Params>): VersionedParams<Params> {
  return params instanceof VersionedParams ? params : new ParamsReference(params);
}
