/** The workload asked about: itself, its owners, its Pods, their events and the last words of those that are not well. */
import type { PodObject } from '../../core/evidence/workload.ts';
import type { Context } from '../context.ts';

/** Reads the workload of the question. */
export async function collectWorkload(_context: Context): Promise<void> {}

/** The Pods of the workload asked about. */
export async function readWorkloadPods(_context: Context): Promise<readonly PodObject[]> {
  return [];
}
