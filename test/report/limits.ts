/** Slack's limits as a test sees them: the simulated workspace's own judgement, and headroom that the report promises. */
import { expect } from 'vitest';
import type { Message } from '../../src/report/render-blocks.ts';
import { findProblems, textSum, visit } from '../../src/sandbox/slack/blocks/validate.ts';

/** Fails where Slack would refuse the message or where the promised headroom is used up. */
export function expectWithinLimits(message: Message): void {
  const blocks: unknown = JSON.parse(JSON.stringify(message.blocks));
  expect(findProblems(blocks, 'message'), message.key).toEqual([]);
  expect(message.blocks.length, message.key).toBeLessThanOrEqual(50);
  expect(textSum(blocks), message.key).toBeLessThanOrEqual(9000);
  expect(message.text.trim(), message.key).not.toBe('');
  expect(message.text.length, message.key).toBeLessThanOrEqual(4000);
  for (const text of textsOf(message.blocks)) expect(text.length, message.key).toBeLessThanOrEqual(3000);
  for (const block of message.blocks) {
    if (block.type === 'rich_text') expect(textsOf([block]).join('').length, message.key).toBeLessThanOrEqual(3000);
  }
}

/** Every text in blocks, in order. */
export function textsOf(blocks: unknown): string[] {
  const texts: string[] = [];
  visit(blocks, '', (found) => {
    if (typeof found['text'] === 'string') texts.push(found['text']);
  });
  return texts;
}
