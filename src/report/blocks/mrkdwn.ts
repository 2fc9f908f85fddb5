/** Escapes text for Slack: nothing from a cluster or a person can format, mention, link or hide anything. */
import { timesIn, timeText } from '../times.ts';
import { shorten, visible } from '../visible.ts';

const JOINER = '\u2060';

/** Breaks `@channel`, `@here`, `@everyone` and `@group`, which clients may link even in plain text. */
function withoutBroadcasts(text: string): string {
  return text.replaceAll(/@(?=(?:channel|here|everyone|group)\b)/gi, `@${JOINER}`);
}

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Gives text for a `mrkdwn` object or a message's `text`: `&`, `<`, `>` as entities, the marks of bold, strike and code as
 * their look-alikes, italic's and emoji's broken by a word joiner (so `fd00:100:1::` stays an address).
 */
export function mrkdwn(text: string): string {
  const marks = withoutBroadcasts(visible(text))
    .replaceAll('`', 'ˋ')
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, `${JOINER}_${JOINER}`)
    .replaceAll(/:(?=[\w+'-]+:)/g, `:${JOINER}`);
  return entities(marks);
}

/** Gives inline code. Only a backtick could end it; entities are still needed. */
export function code(text: string): string {
  return `\`${entities(withoutBroadcasts(visible(text)).replaceAll('`', 'ˋ')) || ' '}\``;
}

/** Gives a sentence as `mrkdwn`, its times shown in each reader's own zone. */
export function sentence(text: string): string {
  return timesIn(text)
    .map((piece) => ('text' in piece ? mrkdwn(piece.text) : slackTime(piece.unix)))
    .join('');
}

/** Gives Slack's form of a time; clients that cannot show it show UTC. */
function slackTime(unix: number): string {
  return `<!date^${unix}^{date_short} {time}|${timeText(unix)}>`;
}

/** Gives text for places that do not parse (`rich_text`, table cells, buttons). Mentions and links are broken there too. */
export function literal(text: string): string {
  return withoutBroadcasts(visible(text)).replaceAll(/<(?=[!@#]|https?:|mailto:)/gi, `<${JOINER}`);
}

/** Applies `escape` to as much of a text as fits into `max` characters afterwards; the middle is left out. */
export function within(max: number, text: string, escape: (text: string) => string): string {
  let whole = escape(text);
  for (let size = Math.min(text.length, max); whole.length > max; size = Math.floor(size * 0.8)) {
    whole = escape(shorten(text, Math.max(1, size)));
  }
  return whole;
}
