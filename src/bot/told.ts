/** A request that ends with one sentence for its asker, written already: in their language, as mrkdwn. */
export class Told extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'Told';
  }
}
