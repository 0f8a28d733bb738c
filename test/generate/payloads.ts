import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random';

interface Language {
  readonly weight: number;
  /** The tags that callers of this language have. */
  readonly tags: readonly string[];
  readonly bot: readonly string[];
  readonly user: readonly string[];
}

// Read from the source tree: the compiler copies no data files.
const languages = JSON.parse(
  readFileSync(join(__dirname, '../../../test/generate/phrases.json'), 'utf8'),
) as Record<string, Language>;
const weights = Object.fromEntries(Object.entries(languages).map(([name, { weight }]) => [name, weight]));

/** What a caller speaks: a tag for the session, and the sentences of it. */
export function pickLanguage(random: Random): { tag: string; sentences: Language } {
  const sentences = languages[random.weighted(weights)]!;
  return { tag: random.pick(sentences.tags), sentences };
}

/** What a speech recogniser reports of one utterance. */
export function userSpeech(random: Random, sentences: Language): object {
  const text = random.pick(sentences.user);
  const confidence = decimals(1 - random.around(0.06), 3);
  const heard = { text, confidence, durationMs: 300 + text.length * 58, isFinal: true };
  if (confidence > 0.9) return heard;
  return {
    ...heard,
    alternatives: [{ text: random.pick(sentences.user), confidence: decimals(confidence * 0.6, 3) }],
  };
}

/** What a speech synthesiser was told to say. */
export function botSpeech(random: Random, sentences: Language): object {
  const text = random.pick(sentences.bot);
  const latencyMs = Math.round(140 + random.around(90));
  return { text, voice: 'mira-warm', latencyMs, interrupted: random.chance(0.07) };
}

/** What happens beside the speaking. */
export function systemEvent(random: Random): object {
  const kind = random.weighted({ intent: 5, tool_call: 4, silence: 2, dtmf: 1, sentiment: 1 });
  switch (kind) {
    case 'intent':
      return { kind, name: random.pick(intents), score: decimals(0.5 + random.next() / 2, 3), slots: {} };
    case 'tool_call':
      return {
        kind,
        tool: random.pick(tools),
        durationMs: Math.round(random.around(350)),
        result: { ok: true, note: null },
      };
    case 'silence':
      return { kind, durationMs: Math.round(2000 + random.around(2500)) };
    case 'dtmf':
      return { kind, digits: String(random.below(10_000)) };
    case 'sentiment':
      return { kind, overall: decimals(random.next() * 2 - 1, 2) };
  }
}

/** What a platform knows of a call when it begins. */
export function sessionMetadata(random: Random): Record<string, unknown> {
  return {
    userId: `user-${random.below(20_000)}`,
    channel: random.weighted({ phone: 8, web: 3, app: 2 }),
    agentVersion: random.pick(['4.1.0', '4.2.0', '4.2.1']),
    returning: random.chance(0.4),
    region: random.pick(['eu-west', 'eu-central', 'us-east']),
    campaign: random.chance(0.2) ? random.pick(['spring', 'winback']) : null,
    device: { codec: random.pick(['opus', 'pcmu']), sampleRate: random.pick([8000, 16_000]) },
  };
}

const intents = ['billing', 'delivery', 'appointment', 'cancel', 'technical', 'smalltalk'];
const tools = ['account_lookup', 'order_status', 'book_appointment', 'line_test'];

function decimals(number: number, places: number): number {
  return Number(Math.max(number, -1).toFixed(places));
}
