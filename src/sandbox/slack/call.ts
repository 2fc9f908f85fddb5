/** One Web API call from its HTTP parts to its answer: token, scopes, rate limit, arguments, method. */
import { API } from './api/index.ts';
import { ApiError, invalidArguments, missingScope } from './api-error.ts';
import { Args } from './args.ts';
import { channelKey } from './channels.ts';
import { METHODS, type MethodFacts } from './method-table.ts';
import type { Json } from './types.ts';
import type { World } from './world.ts';

export interface Call {
  method: string;
  httpMethod: string;
  contentType: string;
  query: URLSearchParams;
  body: Buffer;
  authorization: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Json;
}

/** Reads the arguments of a call from query, form, JSON or multipart. */
export async function readArgs(call: Call): Promise<Args> {
  const raw: Json = Object.fromEntries(call.query);
  const type = call.contentType.split(';')[0]?.trim() ?? '';
  if (call.body.length === 0) return new Args(raw);
  if (type === 'application/x-www-form-urlencoded') {
    return new Args({ ...raw, ...Object.fromEntries(new URLSearchParams(call.body.toString('utf8'))) });
  }
  if (type === 'application/json') {
    let parsed: unknown;
    try {
      parsed = JSON.parse(call.body.toString('utf8'));
    } catch {
      throw new ApiError('invalid_json');
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new ApiError('json_not_object');
    // A method that reads forms only does not see what stands in a JSON body.
    return new Args(METHODS[call.method]?.json === false ? raw : { ...raw, ...parsed });
  }
  if (type === 'multipart/form-data') {
    const form = await new Response(new Uint8Array(call.body), {
      headers: { 'content-type': call.contentType },
    }).formData();
    for (const [name, value] of form) if (typeof value === 'string') raw[name] = value;
    return new Args(raw);
  }
  throw new ApiError(type === '' ? 'missing_post_type' : 'invalid_post_type');
}

function scopesOf(world: World, facts: MethodFacts): readonly string[] {
  return facts.token === 'app' ? (world.manifest.appScopes ?? ['connections:write']) : world.manifest.scopes;
}

function scopeHeaders(facts: MethodFacts, provided: readonly string[]): Record<string, string> {
  return { 'x-oauth-scopes': provided.join(','), 'x-accepted-oauth-scopes': facts.scopes.join(',') };
}

function checkToken(world: World, facts: MethodFacts, call: Call, args: Args): readonly string[] {
  if (facts.token === 'none') return [];
  const header = /^Bearer (\S+)$/i.exec(call.authorization)?.[1];
  const token = header ?? (call.method === 'apps.connections.open' ? undefined : args.text('token'));
  if (token === undefined || token === '') throw new ApiError('not_authed');
  const { botToken, appToken } = world.credentials;
  if (token !== botToken && token !== appToken) throw new ApiError('invalid_auth');
  if (world.state.tokenError) throw new ApiError(world.state.tokenError);
  if ((facts.token === 'app') !== (token === appToken)) throw new ApiError('not_allowed_token_type');
  const provided = scopesOf(world, facts);
  const needed = facts.scopes;
  if (needed.length > 0 && !needed.some((s) => provided.includes(s))) throw missingScope(needed.join(','), provided);
  return provided;
}

function run(world: World, call: Call, facts: MethodFacts, args: Args): Answer {
  const provided = checkToken(world, facts, call, args);
  const headers = facts.token === 'none' ? {} : scopeHeaders(facts, provided);
  const wait = world.limiter.take(call.method, facts.tier, channelKey(world, args.text('channel')));
  if (wait !== undefined) {
    return {
      status: 429,
      headers: { ...headers, 'retry-after': String(wait) },
      body: { ok: false, error: 'ratelimited' },
    };
  }
  const missing = facts.required.filter((name) => !args.has(name));
  if (missing.length > 0) throw invalidArguments(...missing.map((name) => `missing required field: ${name}`));
  const method = API[call.method];
  if (!method) throw new ApiError('unknown_method');
  return { status: 200, headers, body: { ok: true, ...method(world, args) } };
}

/** Answers one call. API errors are status 200 with `ok:false`, as Slack has it. */
export function answerCall(world: World, call: Call, args: Args): Answer {
  const facts = METHODS[call.method];
  try {
    if (!facts) throw new ApiError('unknown_method');
    if (call.httpMethod !== 'POST' && !(call.httpMethod === 'GET' && facts.get))
      throw new ApiError('invalid_http_method');
    return run(world, call, facts, args);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const headers = facts && facts.token !== 'none' ? scopeHeaders(facts, scopesOf(world, facts)) : {};
    return { status: 200, headers, body: error.body() };
  }
}
