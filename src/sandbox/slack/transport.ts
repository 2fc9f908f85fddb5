/** What a transport to the app is: it carries one envelope and says how that ended. */
import type { Json } from './types.ts';
import type { EnvelopeType } from './world.ts';

export interface Envelope {
  id: string;
  type: EnvelopeType;
  payload: Json;
  /** Set on redelivery of an event. */
  retry?: { num: number; reason: string };
}

export type Failure = 'timeout' | 'no-connection' | 'connection-lost' | 'http-error';

export type Delivery =
  | { acked: true; ackMs: number; body?: unknown }
  | { acked: false; failure: Failure; status?: number; noRetry?: boolean };

export interface Transport {
  /** Sends one envelope and waits for its acknowledgement, at most `deadlineMs`. Never rejects. */
  deliver(envelope: Envelope, deadlineMs: number): Promise<Delivery>;
  close(): Promise<void>;
}
