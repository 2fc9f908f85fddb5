/** Words that rules put into their sentences as data, in Simplified Chinese, by the name of the place. */
import type { RuleWords } from '../words.ts';

const result = {
  open: '可通',
  refused: '被拒绝',
  timeout: '超时',
  'no-route': '无路由',
  error: '出错',
  'not-asked': '未探测',
  answered: '有应答',
} as const;

export const values: RuleWords = { result };
