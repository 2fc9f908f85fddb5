/** Which questions the symptoms of a node decide. */
import type { Finding } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import type { Question } from '../../core/question.ts';

/** `diagnose node X` asks about Node/X; `diagnose cluster` about every node. */
export function asksAboutNode(question: Question, finding?: Finding): boolean {
  const { target, type } = question;
  if (type !== 'diagnose') return false;
  if (target.kind === 'Component') return target.name === 'cluster';
  if (target.kind !== 'Node') return false;
  return finding === undefined || sameRef(finding.object, nodeRef(target.name ?? ''));
}
