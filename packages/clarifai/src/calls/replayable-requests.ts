/**
 * The requests of a bidirectional call, of which the first can be sent again: a second attempt begins with the same
 * request and goes on with the items that no attempt has taken.
 */
export class ReplayableRequests<Request> {
  readonly #first: Request;
  readonly #source: AsyncIterator<Request>;
  #pending: Promise<IteratorResult<Request>> | null = null;
  #attempt = 0;
  #taken = 0;

  /** @param source what comes after the first request */
  constructor(first: Request, source: AsyncIterator<Request>) {
    this.#first = first;
    this.#source = source;
  }

  /** True while only the first request was handed out: the call can be repeated without losing an item. */
  get isReplayable(): boolean {
    return this.#taken === 0;
  }

  /** The requests for one attempt; earlier attempts get nothing more. */
  async *replay(): AsyncGenerator<Request, undefined, undefined> {
    const attempt = ++this.#attempt;
    yield this.#first;
    while (attempt === this.#attempt) {
      this.#pending ??= this.#source.next();
      const next = await this.#pending;
      // A later attempt finds the item where it is.
      if (attempt !== this.#attempt || next.done === true) return;
      this.#pending = null;
      this.#taken++;
      yield next.value;
    }
  }

  /** No attempt will follow: the source is told. */
  async close(): Promise<void> {
    this.#attempt++;
    await this.#source.return?.();
  }
}
