/** The error for what stands in Redis under our name and was not written by us, or not by whom it says. */

/** A record in Redis that is refused. `id` is what was asked for, `why` half a sentence; both are safe to log, not to render. */
export class ForgedRecord extends Error {
  readonly id: string;
  readonly why: string;

  constructor(id: string, why: string) {
    super(`the record of ${id} in Redis is refused: ${why}`);
    this.name = 'ForgedRecord';
    this.id = id;
    this.why = why;
  }
}
