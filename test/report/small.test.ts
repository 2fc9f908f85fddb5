/** The small tools of the report: visible text, filled sentences, times, escaping for Slack. */
import { describe, expect, it } from 'vitest';
import { code, literal, mrkdwn, sentence, within } from '../../src/report/blocks/mrkdwn.ts';
import { fill, firstSentence } from '../../src/report/fill.ts';
import { textWidth, wrap } from '../../src/report/text/layout.ts';
import { secondsBetween, timesIn, timeText, withTimes } from '../../src/report/times.ts';
import { shorten, visible, withoutStop, withStop } from '../../src/report/visible.ts';

describe('visible', () => {
  it.each([
    ['a newline', 'a\nb', 'a⏎b'],
    ['Windows newlines count once', 'a\r\nb', 'a⏎b'],
    ['a line separator', 'a\u2028b', 'a⏎b'],
    ['a tab', 'a\tb', 'a b'],
    ['an escape sequence', '\u001B[31mred', '[U+001B][31mred'],
    ['a C1 control', 'a\u009Bb', 'a[U+009B]b'],
    ['a right-to-left override', 'exe.\u202Egpj', 'exe.[U+202E]gpj'],
    ['an isolate', '\u2066x\u2069', '[U+2066]x[U+2069]'],
    ['a zero-width space', 'kube\u200Bsystem', 'kube[U+200B]system'],
    ['a tag character', 'a\u{E0041}b', 'a[U+E0041]b'],
    ['half a character', 'a\uD83Db', 'a[U+D83D]b'],
    ['letters of any language and emoji', '节点 é שלום 🙂', '节点 é שלום 🙂'],
  ])('shows %s', (_, given, shown) => {
    expect(visible(given)).toBe(shown);
  });

  it('shortens in the middle, by characters and not by halves of them', () => {
    expect(shorten('abcdefghij', 5)).toBe('abc…ij'.slice(0, 2) + '…ij');
    expect(shorten('🙂'.repeat(10), 5)).toBe('🙂🙂…🙂🙂');
    expect(shorten('short', 5)).toBe('short');
  });

  it('takes and gives final stops', () => {
    expect(withoutStop('It is so.')).toBe('It is so');
    expect(withStop('It is so', '.')).toBe('It is so.');
    expect(withStop('Is it so?', '.')).toBe('Is it so?');
  });
});

describe('fill', () => {
  const manner = { more: (count: number) => `and ${count} more` };
  it.each([
    ['a name', '{node} is gone', { node: 'n1' }, 'n1 is gone'],
    ['a number', 'port {port}', { port: 80 }, 'port 80'],
    ['a list', 'on {nodes}', { nodes: ['a', 'b'] }, 'on a, b'],
    ['an empty list', 'on ({nodes})', { nodes: [] }, 'on ()'],
    ['one of something', '{n} {n:node|nodes}', { n: 1 }, '1 node'],
    ['several of something', '{n} {n:node|nodes}', { n: 0 }, '0 nodes'],
    ['no value inside a value', '{a}', { a: '{b}', b: 'x' }, '{b}'],
    ['no jsonpath', "-o jsonpath='{.spec}' {a}", { a: 'x' }, "-o jsonpath='{.spec}' x"],
    ['hostile values visibly', '{a}', { a: 'x\n\u202Ey' }, 'x⏎[U+202E]y'],
    ['an empty value without its blank', 'is {info}. {error}', { info: 'Idle', error: '' }, 'is Idle.'],
    ['the columns of a table, without their width', '{a}', { a: `x${' '.repeat(20)}y` }, 'x  y'],
    ['a dollar sign to the letter', '{a}', { a: '$& $1' }, '$& $1'],
  ])('fills %s', (_, template, data, filled) => {
    expect(fill(template, data, 'test', manner)).toBe(filled);
  });

  it('shortens long lists and long values', () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => `n${i}`);
    expect(fill('{nodes}', { nodes }, 'test', manner)).toBe('n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 4990 more');
    expect(fill('{a}', { a: 'x'.repeat(10_000) }, 'test', manner)).toHaveLength(600);
  });

  it('gives words of a language for words in data, and only for those', () => {
    const value = (name: string, given: string) => (name === 'result' && given === 'timeout' ? '超时' : given);
    const data = { result: 'timeout', node: 'timeout' };
    expect(fill('{node} {result}', data, 'test', { ...manner, value })).toBe('timeout 超时');
  });

  it.each([
    ['two sentences', 'It is {a}. Then {b}.', 'It is {a}.'],
    ['a place that begins a sentence', 'Session is {info}. {error}', 'Session is {info}.'],
    ['one sentence', '{node} is gone.', '{node} is gone.'],
    ['dots inside words', 'Not interface={prefix}.*: 10.0.0.1 is v3.14', 'Not interface={prefix}.*: 10.0.0.1 is v3.14'],
    ['Chinese', '{node} 没有路由。数据包走默认路由。', '{node} 没有路由。'],
  ])('takes the first sentence: %s', (_, template, first) => {
    expect(firstSentence(template)).toBe(first);
  });

  it('throws on a hole, naming the sentence and the value', () => {
    expect(() => fill('{nod}', { node: 'n1' }, 'rule r, text t', manner)).toThrow(
      'rule r, text t: the sentence wants "nod"',
    );
    expect(() => fill('{toString}', {}, 'w', manner)).toThrow('"toString"');
  });
});

describe('times', () => {
  it.each([
    ['a time in a sentence', 'silent since 2020-05-20T10:39:34Z.', 'silent since 2020-05-20 10:39Z.'],
    ['a time with zone and fraction', 'at 2020-05-20T18:39:34.123456+08:00', 'at 2020-05-20 10:39Z'],
    ['a time beside Chinese', '自2020-05-20T10:39:34Z起', '自2020-05-20 10:39Z起'],
    [
      'no time inside a quoted log line',
      'time="2020-05-27T00:17:27Z" level=warning',
      'time="2020-05-27T00:17:27Z" level=warning',
    ],
    ['no zero time', 'since 0001-01-01T00:00:00Z', 'since 0001-01-01T00:00:00Z'],
    ['nothing that is no time', 'at 2020-99-99T99:99:99Z', 'at 2020-99-99T99:99:99Z'],
  ])('writes %s', (_, given, shown) => {
    expect(withTimes(given)).toBe(shown);
  });

  it('writes times for a zone, and UTC for an unknown one', () => {
    expect(timeText(1_590_025_500, 'Asia/Shanghai')).toBe('2020-05-21 09:45+08:00');
    expect(timeText(1_590_025_500, 'Asia/Kolkata')).toBe('2020-05-21 07:15+05:30');
    expect(timeText(1_590_025_500, 'Nowhere/Land')).toBe('2020-05-21 01:45Z');
  });

  it('cuts a sentence without losing a character', () => {
    const text = 'a 2020-05-20T10:39:34Z b 2020-05-20T10:39:35Z';
    expect(
      timesIn(text)
        .map((p) => ('text' in p ? p.text : p.time))
        .join(''),
    ).toBe(text);
  });

  it('gives seconds, and none where a time is missing', () => {
    expect(secondsBetween('2020-05-25T02:00:00Z', '2020-05-25T02:00:03.400Z')).toBe('3.4');
    expect(secondsBetween('?', '2020-05-25T02:00:03.400Z')).toBe('0.0');
  });
});

describe('escaping for Slack', () => {
  it.each([
    ['a broadcast', '<!channel>', '&lt;!channel&gt;'],
    ['a mention', '<@U0ALICE01>', '&lt;@U0ALICE01&gt;'],
    ['a link that lies', '<https://evil|ok>', '&lt;https://evil|ok&gt;'],
    ['an entity', '&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
    ['a bare broadcast', 'ask @channel or @Here', 'ask @\u2060channel or @\u2060Here'],
    ['an address of a person', 'me@example.org', 'me@example.org'],
    ['bold and strike', '*b* ~s~', '∗b∗ ∼s∼'],
    ['code', '`c`', 'ˋcˋ'],
    ['a name with underscores', 'my_node_1', 'my_node_1'],
    ['italic', '_i_', '\u2060_\u2060i\u2060_\u2060'],
    ['an IPv6 address that holds an emoji', 'fd00:100:1::2', 'fd00:\u2060100:\u20601::2'],
    ['an address with a port', '10.0.0.1:80', '10.0.0.1:80'],
    ['a newline', 'a\nb', 'a⏎b'],
  ])('mrkdwn: %s', (_, given, escaped) => {
    expect(mrkdwn(given)).toBe(escaped);
  });

  it('code: cannot be left, cannot mention, is never empty', () => {
    expect(code('`<!here>\n`')).toBe('`ˋ&lt;!here&gt;⏎ˋ`');
    expect(code('')).toBe('` `');
  });

  it('literal: keeps markup to the letter, breaks what looks like a mention', () => {
    expect(literal('a < b && *c* <!channel> @here')).toBe('a < b && *c* <\u2060!channel> @\u2060here');
  });

  it('sentence: times show in each reader’s zone, with a fallback', () => {
    expect(sentence('since 2020-05-21T01:45:00Z <b>')).toBe(
      'since <!date^1590025500^{date_short} {time}|2020-05-21 01:45Z> &lt;b&gt;',
    );
  });

  it('within: the escaped text fits, and no entity is cut', () => {
    const text = within(100, '<&>'.repeat(500), mrkdwn);
    expect(text.length).toBeLessThanOrEqual(100);
    expect(text.replaceAll(/&(?:amp|lt|gt);|…/g, '')).toBe('');
  });
});

describe('layout', () => {
  it('counts Chinese as two columns and breaks it anywhere, but not before a closing mark', () => {
    expect(textWidth('节点 a')).toBe(6);
    expect(wrap('节点节点，节点', 8)).toEqual(['节点节点，', '节点']);
  });

  it('breaks at blanks and leaves a long word whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap(`a ${'x'.repeat(30)} b`, 10)).toEqual(['a', 'x'.repeat(30), 'b']);
    expect(wrap('', 10)).toEqual(['']);
  });
});
