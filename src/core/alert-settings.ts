/** Settings of alerts, as the routes file gives them: where a route's alerts go, and when much is too much. */
import type { Language } from './jobs.ts';

export interface RouteSettings {
  readonly name: string;
  readonly channel: string;
  readonly language: Language;
  /** Taken where an alert has no label `clusterLabel`. */
  readonly cluster: string;
  readonly clusterLabel: string;
}

export interface DeskSettings {
  readonly routes: ReadonlyMap<string, RouteSettings>;
  /** Clusters that have a worker by the bot's settings; an incident of another one says that nobody can look. */
  readonly clusters: readonly string[];
  /** Minutes after the end within which the same fault reopens its thread. */
  readonly reopenMinutes: number;
  /** Reopened so often within so many minutes is flapping. */
  readonly flapping: { readonly times: number; readonly minutes: number };
  /** More new incidents of a route than this within so many seconds are a storm; so many of its incidents get a thread of their own. */
  readonly storm: { readonly incidents: number; readonly seconds: number; readonly threads: number };
  /** Seconds until an incident without a confirmed cause is diagnosed again, one for each further try; then not by itself. */
  readonly recheckSeconds: readonly number[];
}

export const DESK_DEFAULTS = {
  reopenMinutes: 30,
  flapping: { times: 3, minutes: 60 },
  storm: { incidents: 12, seconds: 60, threads: 20 },
  recheckSeconds: [60, 180, 600, 1800],
} as const;
