import { ProgressBar } from './progress-bar';
import type { AdminCommand } from './admin-command';
import { checkSession, type Finding } from './session-check';
import { repairSession } from './session-repair';
import { walkSessions } from './session-walk';

/** Findings beyond this number are counted, not printed. */
const mostPrinted = 1000;

/**
 * Checks every session against its events. Both collections are scanned in parallel in the order of their indexes, so
 * memory is constant. Only suspects are checked again, in one snapshot, because servers may be writing meanwhile.
 */
export const verify: AdminCommand = {
  summary:
    'Checks every session against its events: counts, positions, orphans, labels. Safe while servers run.',
  options: { repair: { type: 'boolean' } },
  optionHelp: {
    '--repair':
      'Corrects counts, times, statuses and labels from events and metadata. Events are never changed.',
  },
  async run({ store, print }, { repair }) {
    const total = await store.sessions.estimatedDocumentCount();
    const progress = new ProgressBar(total, process.stderr);
    let sessions = 0;
    let events = 0;
    let found = 0;
    let repaired = 0;
    for await (const walked of walkSessions(store)) {
      sessions += walked.session === null ? 0 : 1;
      events += walked.events.count;
      // The collection may have grown meanwhile.
      progress.show(
        Math.min(sessions, total - 1),
        `${sessions} sessions, ${events} events, ${found} findings`,
      );
      const findings = walked.looksRight ? [] : await checkSession(store, walked.sessionId);
      const mended = repair === true ? await repairSession(store, findings) : [];
      repaired += mended.length;
      for (const finding of findings) {
        found += 1;
        if (found <= mostPrinted) print(describe(finding, mended.includes(finding)));
      }
    }
    progress.show(total, `${sessions} sessions, ${events} events, ${found} findings`);
    print(`Checked ${sessions} sessions with ${events} events: ${found} findings, ${repaired} repaired.`);
    return found > repaired ? 1 : 0;
  },
};

function describe({ sessionId, rule, stored, expected }: Finding, isRepaired: boolean): string {
  const place = `session ${JSON.stringify(sessionId)}`;
  return `${place}: ${rule}: ${stored}, should be ${expected}${isRepaired ? ' (repaired)' : ''}`;
}
