/** The record of everything that crossed the emulator's edge, in order, with the time of its clock. */
import type { Clock } from './clock.ts';
import type { Json } from './types.ts';

export interface LedgerEntry {
  at: number;
  kind:
    | 'request'
    | 'response'
    | 'dispatch'
    | 'ack'
    | 'visible-error'
    | 'response-url'
    | 'socket'
    | 'upload'
    | 'warning';
  /** The Web API method, envelope type, socket event or rule that the entry is about. */
  name: string;
  channel?: string;
  ok?: boolean;
  status?: number;
  error?: string;
  ackMs?: number;
  /** True where a test asked for this failure. */
  injected?: boolean;
  /** Joins a request with its response and a dispatch with its acknowledgement. */
  id?: string;
  detail?: unknown;
}

export interface Ledger {
  entries: LedgerEntry[];
  add(entry: Omit<LedgerEntry, 'at'>): void;
  /** Notes something that Slack accepts but that a good app avoids. */
  warn(name: string, detail: string, extra?: Json): void;
}

/** Makes an empty ledger; `onAdd` runs after each entry. */
export function makeLedger(clock: Clock, onAdd: () => void): Ledger {
  const entries: LedgerEntry[] = [];
  const add = (entry: Omit<LedgerEntry, 'at'>): void => {
    entries.push({ at: clock.now(), ...entry });
    onAdd();
  };
  return {
    entries,
    add,
    warn(name, detail, extra) {
      add({ kind: 'warning', name, detail, ...extra });
    },
  };
}
