/** What is due when: a heap, so that a step pays for what is due and not for the whole board. */

interface Item {
  readonly at: number;
  readonly id: string;
}

/** Items in order of time, then of id. An item may be out of date: who takes it looks at the record again. */
export class Agenda {
  readonly #items: Item[] = [];

  add(at: number | undefined, id: string): void {
    if (at === undefined) return;
    const items = this.#items;
    let index = items.push({ at, id }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes the first item that is due at `until` or earlier; undefined where nothing is. */
  take(until: number): Item | undefined {
    const items = this.#items;
    const [first] = items;
    if (first === undefined || first.at > until) return undefined;
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      items[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < this.#items.length && this.#before(left, first)) first = left;
      if (right < this.#items.length && this.#before(right, first)) first = right;
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return false;
    return x.at === y.at ? x.id < y.id : x.at < y.at;
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return;
    this.#items[a] = y;
    this.#items[b] = x;
  }
}
