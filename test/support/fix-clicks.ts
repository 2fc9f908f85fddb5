/** A channel in which people press what they can, with a worker and a remediator that move at random; each action is judged. */

import { readAudit } from '../../src/adapters/store/audit.ts';
import type { FixEvent } from '../../src/core/approval.ts';
import { type AuditEvent, SignedAuditEntry } from '../../src/core/audit.ts';
import { verifyAudit } from '../../src/core/audit-verify.ts';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { FixRecord, Plan } from '../../src/core/fix.ts';
import type { FixPatch } from '../../src/core/fix-patch.ts';
import { type Role, signValue, verifyValue } from '../../src/core/signing.ts';
import { renderFix } from '../../src/report/index.ts';
import type { Random } from '../../src/sandbox/cluster/simulate/random.ts';
import type { PersonActions } from '../../src/sandbox/slack/person.ts';
import type { SlackPerson, SlackUserGroup, StoredView } from '../../src/sandbox/slack/types.ts';
import type { Around, Deed, Fix, Person, Policy, Press } from './fix-clicks-model.ts';
import * as model from './fix-clicks-model.ts';
import {
  actionsOf,
  approvalsOf,
  CAST,
  FAR_MOVES,
  forgedButtons,
  movesOf,
  pause,
  planFor,
  planOfRecord,
  policyChanges,
  policyText,
  updateMessage,
} from './fix-clicks-moves.ts';
import type { FixStage } from './fix-stage.ts';

const EXPIRY_MS = 900_000;
const PATIENCE_MS = 15_000;
let episodes = 0;

export class Clicks {
  readonly #stage: FixStage;
  readonly #random: Random;
  readonly #redis: ReturnType<FixStage['redis']['connect']>;
  readonly #fixes = new Map<string, Fix>();
  readonly #cards = new Map<string, string>();
  readonly #offers: { ts: string; object: string }[] = [];
  readonly #told = new Map<string, number>();
  /** What was done, for whoever looks at a seed that fails. */
  readonly story: string[] = [];
  /** States that fixes came to. */
  readonly reached = new Set<string>();
  readonly counts = { clicks: 0, refused: 0, done: 0, moves: 0, races: 0 };
  readonly #slackPeople = new Map<string, SlackPerson>();
  /** Taken before anybody is deactivated: their client may still send what they pressed. */
  readonly #actors = new Map<string, PersonActions>();
  #people: Person[] = [];
  #group!: SlackUserGroup;
  #policy!: Policy;
  #members = new Set<string>();
  #channel = '';
  #forged: { ts: string; actions: string[] } = { ts: '', actions: [] };
  #seq = 0;
  #dark = false;

  constructor(stage: FixStage, random: Random) {
    this.#stage = stage;
    this.#random = random;
    this.#redis = stage.redis.connect();
  }

  async start(): Promise<void> {
    episodes += 1;
    const { slack } = this.#stage;
    this.#people = Object.entries(CAST).map(([name, kind]) => {
      const person = slack.addUser({ name: `${name}-${episodes}`, kind });
      const { id } = person;
      this.#slackPeople.set(id, person);
      this.#actors.set(id, slack.asUser(id));
      return { id, name, kind };
    });
    const ids = this.#people.map(({ id }) => id);
    this.#channel = slack.addChannel({ name: `clicks-${episodes}`, members: ids }).id;
    this.#members = new Set([this.#named('two').id]);
    this.#group = slack.addUserGroup({ handle: `sre-${episodes}`, members: [...this.#members] });
    this.#seq = (await this.#log().head()).seq;
    await this.#setPolicy({});
    const threadTs = await this.#stage.post(this.#channel, [
      { type: 'section', text: { type: 'mrkdwn', text: 'a report' } },
    ]);
    const place = { channel: this.#channel, threadTs, rootTs: threadTs };
    for (let i = 0; i < 3; i += 1) {
      const object = `node-${episodes}-${i}`;
      const { ts } = await this.#stage.offer(this.#channel, { place, object: { kind: 'Node', name: object } });
      this.#offers.push({ ts, object });
    }
    const elements = forgedButtons();
    const ts = await this.#stage.post(this.#channel, [{ type: 'actions', elements }]);
    this.#forged = { ts, actions: actionsOf([{ elements }]) };
  }

  /** One random action, and everything that must hold after it. */
  async step(): Promise<void> {
    // Slack's calls are paced by Redis' clock, which does not follow the simulated one.
    const paced = await this.#redis.keys('kubewhy:slack:*');
    if (paced.length > 0) await this.#redis.del(...paced);
    const dice = this.#random.next();
    if (dice < 0.34) await this.#move();
    else if (dice < 0.41) {
      await this.#setPolicy(this.#someChange());
      await this.#single();
    } else if (dice < 0.43) this.#regroup();
    else if (dice < 0.45) await this.#illegalMove();
    else if (dice < 0.55) await this.#race();
    else if (dice < 0.59) await this.#denyByForm();
    else await this.#single();
    await this.#settle();
  }

  async end(): Promise<void> {
    const entries = await this.#log().all();
    const report = verifyAudit(entries, this.#stage.keys.bot);
    this.#must(report.intact, `the audit log is not whole: ${JSON.stringify(report.problems.slice(0, 3))}`);
    const wrong = this.#stage.slack.checkInvariants();
    this.#must(wrong.length === 0, `Slack's rules: ${wrong.slice(0, 3).join('; ')}`);
    this.#redis.disconnect();
  }

  // What people do.

  async #single(): Promise<void> {
    const press = this.#somePress();
    const leaver = press.who.name === 'leaver' && press.who.kind === 'member' && this.#random.chance(0.3);
    if (leaver) this.#deactivate(press.who);
    if (this.#random.chance(0.08)) {
      this.#dark = true;
      this.#stage.slack.faults.next(this.#random.pick(['users.info', 'conversations.info']), {
        error: 'org_login_required',
      });
    }
    const predicted = this.#predict(press);
    await this.#press(press);
    await this.#judge([press], predicted);
    this.#dark = false;
    this.#stage.slack.faults.clear();
    if (press.deed === 'fix_approve' && this.#random.chance(0.15)) {
      this.story.push('the envelope comes again');
      const again = this.#predict(press);
      await this.#stage.slack.faults.redeliverLast();
      await this.#judge([press], again);
    }
  }

  /** Several at once: two people, or one who presses twice, or a person and the worker. */
  async #race(): Promise<void> {
    const first = this.#somePress();
    // Two proposals at once wait for each other for most of a second.
    if (first.forged || (first.fix === undefined && this.#random.chance(0.8))) return;
    const fix = first.fix;
    const second = this.#random.chance(0.4) || fix === undefined ? first : this.#pressOn(fix);
    if (second === undefined || second.deed === 'fix_deny' || first.deed === 'fix_deny') return;
    this.counts.races += 1;
    this.story.push('at once:');
    const move = fix !== undefined && this.#random.chance(0.3) ? this.#moveOf(fix) : undefined;
    await Promise.all([this.#press(first), this.#press(second), move?.()]);
    await this.#judge([first, second], undefined);
  }

  async #denyByForm(): Promise<void> {
    const fix = this.#someFix(['proposed']);
    if (fix === undefined) return;
    const press = this.#pressOn(fix, 'fix_deny');
    if (press === undefined || this.#random.chance(0.05)) return;
    const allowed = this.#predict(press) === true;
    await this.#press(press);
    await this.#quiet();
    // Who may is only asked a reason: nothing is decided yet, and nothing is said.
    await this.#judge(allowed ? [] : [press], allowed ? undefined : false);
    const actor = this.#actor(press.who);
    const view = actor.openViews().at(-1);
    if (view === undefined) return;
    if (this.#random.chance(0.3)) await this.#move();
    if (this.#random.chance(0.3)) await this.#setPolicy(this.#someChange());
    if (this.#random.chance(0.3)) this.#regroup();
    await this.#settle();
    await this.#submit(press, view);
  }

  async #submit(press: Press, view: StoredView): Promise<void> {
    const actor = this.#actor(press.who);
    const text = this.#random.pick(['not now', '  ', 'x'.repeat(501), 'no <!channel> <@U0X>']);
    const valid = text.trim() !== '' && text.length <= 500;
    this.story.push(`${press.who.name} sends the form of ${press.fix?.id ?? ''} with ${text.length} characters`);
    const predicted = this.#predict(press);
    const outcome = await actor.submit(view, { reason: { text } });
    this.#must(
      (outcome.errors === undefined) === valid,
      `a reason of ${text.length} characters: ${JSON.stringify(outcome.errors)}`,
    );
    if (!valid) await actor.closeView(view);
    await this.#quiet();
    await this.#judge(valid ? [press] : [], valid ? predicted : undefined);
  }

  async #press({ who, action, ts, frame, deed, fix }: Press): Promise<void> {
    this.counts.clicks += 1;
    this.story.push(
      `${who.name} presses ${action} of ${fix?.id ?? ts}${frame === undefined ? '' : ` as it was in state ${frame}`}`,
    );
    const actor = this.#actor(who);
    if (frame === undefined) await actor.click(this.#channel, ts, action);
    else await actor.clickStale(this.#channel, ts, action, frame);
    if (deed === 'fix_deny') await this.#stage.slack.waitFor(() => actor.openViews().length > 0);
  }

  #predict(press: Press): boolean {
    const { who, deed, fix, object, forged } = press;
    const around = this.#around();
    if (forged) return false;
    if (fix !== undefined) return model.may(around, fix, who, deed, [...this.#fixes.values()]);
    const member = who.kind === 'member' && !this.#dark;
    return member && model.mayBegin(around, object ?? '', deed, [...this.#fixes.values()]);
  }

  #somePress(): Press {
    const dice = this.#random.next();
    const who = this.#someone();
    if (dice < 0.07) {
      const action = this.#random.pick(this.#forged.actions);
      return { who, deed: action.split(':')[0] as Deed, ts: this.#forged.ts, action, forged: true };
    }
    const open = [...this.#fixes.values()].filter(({ state }) => state === 'proposed');
    if (open.length > 0 && this.#random.chance(0.4)) {
      const decision = this.#pressOn(
        this.#random.pick(open),
        this.#random.chance(0.7) ? 'fix_approve' : 'fix_withdraw',
      );
      if (decision !== undefined) return decision;
    }
    const shown = [...this.#fixes.values()].filter((fix) => model.buttonsOf(fix).length > 0);
    const fix = shown.length > 0 && this.#random.chance(0.75) ? this.#random.pick(shown) : this.#someFix();
    const press = fix === undefined || dice < 0.15 ? undefined : this.#pressOn(fix);
    if (press !== undefined && press.deed !== 'fix_deny') return press;
    const { ts, object } = this.#random.pick(this.#offers);
    const deed = this.#random.chance(0.85) ? 'fix_propose' : 'fix_plan';
    return { who, deed, ts, action: deed, object };
  }

  /** A button of the card, as it is or as an old client still shows it. */
  #pressOn(fix: Fix, wanted?: Deed): Press | undefined {
    const ts = this.#cards.get(fix.id) ?? '';
    const frames = this.#stage.slack.edits(this.#channel, ts);
    const all = frames.flatMap((frame, i) => actionsOf(frame.blocks).map((action) => ({ action, frame: i })));
    const those = all.filter(({ action }) => wanted === undefined || action === wanted);
    if (those.length === 0) return undefined;
    const current = those.filter(({ frame }) => frame === frames.length - 1);
    const { action, frame } = this.#random.pick(current.length > 0 && this.#random.chance(0.75) ? current : those);
    return { who: this.#someone(), deed: action as Deed, ts, action, frame, fix };
  }

  // What worker and remediator do.

  async #move(): Promise<void> {
    const moves = [...this.#fixes.values()].flatMap((fix) => this.#moveOf(fix) ?? []);
    if (moves.length === 0) return;
    await this.#random.pick(moves)();
    await this.#judge([], undefined);
  }

  /** A move that the state allows, if there is one. */
  #moveOf(fix: Fix): (() => Promise<void>) | undefined {
    const late = (fix.plan?.expires ?? Number.POSITIVE_INFINITY) < Date.now();
    const undoes = [...this.#fixes.values()].find((one) => one.undoneBy === fix.id && one.state !== 'undone');
    const moves = movesOf(fix, { late, undoes });
    if (moves.length === 0) return undefined;
    const { role, event, of = fix } = this.#random.pick(moves);
    return () => this.#change(of, role, event, this.#patchOf(of, event));
  }

  #patchOf(fix: Fix, event: FixEvent): FixPatch {
    if (event === 'draft') return { draft: this.#plan(fix).draft };
    if (event === 'refuse' || event === 'void') return { reason: { code: 'fix.gone', data: {} } };
    if (event !== 'propose') return {};
    const plan = this.#plan(fix);
    return { plan: { plan, hash: digestOf(plan), signature: signValue(this.#stage.keys.remediator, 'plan', plan) } };
  }

  #plan(fix: Fix): Plan {
    return planFor(fix, this.#policy, this.#random.chance(0.2) ? -1000 : EXPIRY_MS);
  }

  async #change(fix: Fix, role: Role, event: FixEvent, patch: FixPatch): Promise<void> {
    this.counts.moves += 1;
    this.story.push(`${role}: ${event} ${fix.id}`);
    const record = await this.#stage.record(fix.id);
    // In a race somebody may have been faster: then the table has no such move, or the record has changed.
    await this.#stage.fixes[role].change(record, event, patch).catch((error: unknown) => {
      if ((error as Error).name !== 'NoTransition') throw error;
    });
  }

  /** What the role may not do in this state is refused by the store, whoever asks. */
  async #illegalMove(): Promise<void> {
    const fix = this.#someFix();
    if (fix === undefined) return;
    const record = await this.#stage.record(fix.id);
    const role = this.#random.pick(['worker', 'remediator', 'bot'] as const);
    const [event, to] = this.#random.pick(FAR_MOVES);
    if (model.allowedEdge(fix.state, to, role === 'bot' ? 'person' : role)) return;
    const refused = await this.#stage.fixes[role].change(record, event, {}).then(
      () => false,
      () => true,
    );
    this.#must(refused, `the ${role} could ${event} ${fix.id}, which is ${fix.state}`);
  }

  // What changes around them.

  #someChange(): Partial<Policy> {
    const { id: one } = this.#named('one');
    const { id: requester } = this.#named('requester');
    const everybody = this.#people.map(({ id }) => id);
    return this.#random.pick(policyChanges({ one, requester, everybody }));
  }

  async #setPolicy(change: Partial<Policy>): Promise<void> {
    const users = [this.#named('one').id];
    this.#policy = {
      file: 'good',
      users,
      group: this.#group.id,
      approvals: 1,
      requesterMay: false,
      frozen: false,
      ...change,
    };
    this.story.push(`policy ${JSON.stringify(change)}`);
    await this.#stage.setPolicy(policyText(this.#policy));
  }

  #regroup(): void {
    const two = this.#named('two').id;
    this.#members = new Set(
      this.#members.has(two) ? [] : this.#random.chance(0.5) ? [two] : [two, this.#named('guest').id],
    );
    this.story.push(`the group has ${this.#members.size} members`);
    this.#stage.slack.setGroupMembers(this.#group.id, [...this.#members]);
  }

  #deactivate(who: Person): void {
    this.story.push(`${who.name} is deactivated`);
    who.kind = 'deactivated';
    Object.assign(this.#slackPeople.get(who.id) ?? {}, { kind: 'deactivated' });
  }

  // What must hold.

  /** After one action or several at once: sentences, audit entries, and every transition of every fix. */
  async #judge(presses: readonly Press[], predicted: boolean | undefined): Promise<void> {
    await this.#heard(presses);
    await this.#quiet();
    for (const who of this.#people) {
      const mine = presses.filter((press) => press.who === who).length;
      const told = this.#stage.slack.ephemerals(who.id).length;
      const before = this.#told.get(who.id) ?? 0;
      this.#told.set(who.id, told);
      if (who.kind === 'deactivated') continue;
      this.#must(told === before + mine, `${who.name} was told ${told - before} sentences for ${mine} presses`);
    }
    const events = await this.#newEvents();
    for (const press of presses) this.#checkAudited(press, events, predicted);
    for (const { fix: id, what, by } of events)
      if (what === 'proposal' && id !== undefined) await this.#discover(id, by, presses);
    const changed: string[] = [];
    for (const fix of this.#fixes.values()) if (await this.#follow(fix, presses)) changed.push(fix.id);
    if (predicted !== true && predicted !== undefined)
      this.#must(changed.length === 0, `refused, and ${changed.join()} changed`);
  }

  #checkAudited({ who, action, deed }: Press, events: readonly AuditEvent[], predicted: boolean | undefined): void {
    const own = events.filter((event) => event.by === who.id && (event.action === action || event.action === deed));
    const pressed = own.filter(({ what }) => what !== 'transition');
    this.#must(pressed.length > 0, `${who.name}'s ${action} is not in the audit log`);
    if (predicted === undefined) return;
    const codes = pressed.map(({ what, allowed, code }) => `${what} ${String(allowed)} ${code ?? ''}`);
    this.#must(
      pressed.length === 1,
      `${who.name}'s ${action} stands ${pressed.length} times in the audit log: ${codes.join()}`,
    );
    const done = pressed[0]?.allowed === true;
    if (done) this.counts.done += 1;
    else this.counts.refused += 1;
    const tired = pressed[0]?.code === 'too-often';
    this.#must(
      done === predicted || tired,
      `${who.name}'s ${action} should be ${predicted ? 'done' : 'refused'}: ${codes.join()}`,
    );
  }

  /** A fix that was begun: by one who pressed, in the mode that the policy allows. */
  async #discover(id: string, by: string, presses: readonly Press[]): Promise<void> {
    if (this.#fixes.has(id)) return;
    const record = await this.#stage.record(id);
    const press = presses.find((one) => one.who.id === by);
    this.#must(press !== undefined && press.who.kind === 'member', `${id} was begun by ${by}`);
    const mode = press?.deed === 'fix_undo' ? 'undo' : model.modeOf(this.#around(), press?.deed ?? 'fix_plan');
    this.#must(record.mode === mode && record.requestedBy === by, `${id} is ${record.mode}, not ${mode}`);
    const { rev, state } = record;
    const object = record.object.name;
    this.#fixes.set(id, {
      id,
      mode: record.mode,
      object,
      requester: by,
      state,
      rev,
      undoneBy: undefined,
      plan: undefined,
      approvals: [],
    });
    const { card } = renderFix(record, { language: 'en' });
    this.#cards.set(id, await this.#stage.post(this.#channel, card.blocks));
  }

  /** Takes in what became of one fix, and checks each transition. True where it changed. */
  async #follow(fix: Fix, presses: readonly Press[]): Promise<boolean> {
    const record = await this.#stage.record(fix.id);
    if (record.rev === fix.rev) return false;
    const fresh = record.history.filter(({ rev }) => rev > fix.rev);
    const noted = record.undoneBy === fix.undoneBy ? 0 : 1;
    this.#must(
      record.rev === fix.rev + fresh.length + noted,
      `${fix.id} went from revision ${fix.rev} to ${record.rev} in ${fresh.length} steps`,
    );
    let { state } = fix;
    const before = { ...fix, plan: planOfRecord(record) };
    for (const { state: to, by } of fresh) {
      const hand = by === 'worker' || by === 'remediator' ? by : 'person';
      this.#must(model.allowedEdge(state, to, hand), `${fix.id} went from ${state} to ${to} by ${hand}`);
      if (hand === 'person') this.#checkPerson({ ...before, state }, to, by, record, presses);
      if (to === 'proposed' && hand === 'person')
        before.approvals = approvalsOf(record).filter(
          ({ by: who }) => who === by || before.approvals.some((one) => one.by === who),
        );
      this.reached.add(to);
      state = to;
    }
    this.#must(state === record.state, `${fix.id} is ${record.state}, and its history ends with ${state}`);
    Object.assign(fix, {
      state,
      rev: record.rev,
      undoneBy: record.undoneBy,
      plan: planOfRecord(record),
      approvals: approvalsOf(record),
    });
    await this.#showCard(fix, record);
    return true;
  }

  /** Somebody decided: they pressed just now, and they may; and where it is approved, enough do. */
  #checkPerson(fix: Fix, to: string, by: string, record: FixRecord, presses: readonly Press[]): void {
    const deed = to === 'denied' ? 'fix_deny' : to === 'withdrawn' ? 'fix_withdraw' : 'fix_approve';
    const press = presses.find((one) => one.who.id === by && one.deed === deed && one.fix?.id === fix.id);
    this.#must(press !== undefined, `${fix.id} became ${to} by ${by}, who pressed nothing`);
    if (press === undefined) return;
    const around = this.#around();
    this.#must(model.may(around, fix, press.who, deed, []), `${press.who.name} made ${fix.id} ${to}, and may not`);
    if (deed !== 'fix_approve') return;
    const after = { ...fix, approvals: approvalsOf(record) };
    const whole = model.standing(around, after);
    this.#must(new Set(whole).size === after.approvals.length, `${fix.id} carries approvals that do not count`);
    const needed = model.needed(around, fix);
    if (to === 'approved') this.#must(whole.length >= needed, `${fix.id} was approved by ${whole.length} of ${needed}`);
    for (const { claim, signature } of record.approvals) {
      this.#must(
        verifyValue(this.#stage.keys.worker, 'bot', 'approval', claim, signature),
        'an approval is not signed',
      );
      this.#must(claim.planHash === record.plan?.hash, 'an approval is for another plan');
    }
  }

  /** The worker's card, which shows what the state allows and nothing else. */
  async #showCard(fix: Fix, record: FixRecord): Promise<void> {
    const { card } = renderFix(record, { language: 'en' });
    const shown = actionsOf(card.blocks as unknown as readonly object[]);
    const wanted = model.buttonsOf(fix);
    this.#must(
      shown.join() === wanted.join(),
      `the card of ${fix.id}, which is ${fix.state}, has the buttons ${shown.join()}`,
    );
    const { slack } = this.#stage;
    const answer = await updateMessage(slack, {
      channel: this.#channel,
      ts: this.#cards.get(fix.id),
      text: 'a fix',
      blocks: card.blocks,
    });
    this.#must(answer.ok, `the card could not be changed: ${answer.error ?? ''}`);
  }

  async #settle(): Promise<void> {
    await this.#quiet();
    for (const who of this.#people) {
      const told = this.#stage.slack.ephemerals(who.id).length;
      if (who.kind !== 'deactivated')
        this.#must(told === (this.#told.get(who.id) ?? 0), `${who.name} was told something late`);
    }
  }

  /** Everybody who pressed was told something; who cannot be told any more stands in the audit log. */
  async #heard(presses: readonly Press[]): Promise<void> {
    const { slack } = this.#stage;
    for (const { who } of presses) {
      const mine = presses.filter((press) => press.who === who).length;
      const before = this.#told.get(who.id) ?? 0;
      if (who.kind === 'deactivated') {
        while ((await this.#redis.llen('kubewhy:audit')) <= this.#seq) await pause();
        continue;
      }
      const heard = slack.waitFor((w) => w.ephemerals(who.id).length >= before + mine, PATIENCE_MS);
      await heard.catch(() => undefined);
    }
  }

  /** The bot has done everything that it has noted. */
  async #quiet(): Promise<void> {
    while ((await this.#redis.hlen('kubewhy:inbox:requests')) > 0) await pause();
  }

  /** Entries that came since; `end` verifies all of them. */
  async #newEvents(): Promise<AuditEvent[]> {
    const texts = await this.#redis.lrange('kubewhy:audit', this.#seq, -1);
    this.#seq += texts.length;
    return texts.map((text) => SignedAuditEntry.parse(JSON.parse(text)).entry.event);
  }

  #log() {
    return readAudit(this.#redis, this.#stage.keys.bot, this.#stage.log);
  }

  #around(): Around {
    return { policy: this.#policy, members: this.#members, dark: this.#dark, now: Date.now() };
  }

  #actor({ id, name }: Person): PersonActions {
    const found = this.#actors.get(id);
    if (found === undefined) throw new Error(name);
    return found;
  }

  #someone(): Person {
    const often = ['requester', 'one', 'two'].map((name) => this.#named(name));
    return this.#random.chance(0.65) ? this.#random.pick(often) : this.#random.pick(this.#people);
  }

  #named(name: string): Person {
    const found = this.#people.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  }

  #someFix(states?: readonly string[]): Fix | undefined {
    const some = [...this.#fixes.values()].filter(({ state }) => states?.includes(state) ?? true);
    const going = some.filter(({ state }) => model.goesOn(state));
    if (some.length === 0) return undefined;
    return this.#random.pick(going.length > 0 && this.#random.chance(0.75) ? going : some);
  }

  #must(holds: boolean, sentence: string): void {
    if (!holds) throw new Error(`${sentence}\n${this.story.slice(-40).join('\n')}`);
  }
}
