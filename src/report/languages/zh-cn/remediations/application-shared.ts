/** Chinese of COMMON_TEXTS of remediations/application-parts.ts. */
import type { COMMON_TEXTS } from '../../../../remediations/application-parts.ts';
import { ZH_OWNER_TEXTS } from './owner.ts';

export const COMMON: Record<keyof typeof COMMON_TEXTS, string> = {
  ...ZH_OWNER_TEXTS,
  absent: '{object} 已不存在。',
  unreadable: '无法读取 {object} 时不做任何更改：{reason}。',
  leaving: '{object} 正在被删除。',
  'wrong-kind': '{object} 不是此修复能更改的对象。',
};
