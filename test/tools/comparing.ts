/** What the tests of comparisons share: rows and the judge as objects, the ledger, and answers that a test writes itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamedAnswer } from '../../src/aws/types.ts';
import type { Services } from '../../src/calls/services.ts';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import type { SandboxRequest } from '../../src/sandbox/types.ts';
import type { Bench } from './with-sandbox.ts';

export type Structured = Readonly<Record<string, unknown>>;

export function rowsOf({ results }: Structured): readonly Structured[] {
  return Array.isArray(results) ? results.filter(isJsonObject) : [];
}

export function judgeOf({ judge }: Structured): Structured {
  return isJsonObject(judge) ? judge : {};
}

/** The lines of the ledger; none when there is no ledger. */
export function ledgerOf(on: Bench): readonly JsonObject[] {
  const folder = join(String(on.services.config.data_dir), 'usage');
  const files = (() => {
    try {
      return readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
    } catch {
      return [];
    }
  })();
  return files
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'))
    .map((line): unknown => JSON.parse(line))
    .filter(isJsonObject);
}

export function settledOf(on: Bench): readonly JsonObject[] {
  return ledgerOf(on).filter(({ type }) => type === 'settled');
}

/** Requests to models, in the order of their arrival. */
export function sentOf(on: Bench): readonly SandboxRequest[] {
  return on.sandbox.record.requests.filter(({ operation = '' }) => /Converse|Invoke/.test(operation));
}

const isJudging = (text: string) => text.startsWith('Judge the answers');

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isJsonObject(value)) return [];
  const { text, content, messages } = value;
  return [...(typeof text === 'string' ? [text] : []), ...textsIn(content), ...textsIn(messages)];
}

/** What the judge was told, once for each of its calls. */
export function judgePrompts(on: Bench): readonly string[] {
  return sentOf(on).flatMap(({ body }) => textsIn(body).filter(isJudging));
}

/** The answers in one judge's prompt: label to text. */
export function answersIn(prompt: string): ReadonlyMap<string, string> {
  const found = prompt.matchAll(/<answer-([0-9a-f]+) label="(\w+)">\n([\s\S]*?)\n<\/answer-\1>/g);
  return new Map([...found].map(([, , label = '', text = '']) => [label, text]));
}

/** The words of a Claude model that is asked by its own API; undefined = what the sandbox says. */
export type Script = (prompt: string, modelId: string) => string | undefined;

/** The bench's services, with some answers written by the test. Everything else goes on over the wire. */
export function scripted(on: Bench, script: Script): Services {
  return {
    ...on.services,
    inference: async () => {
      const deps = await on.services.inference();
      const { runtime } = deps;
      return {
        ...deps,
        runtime: {
          ...runtime,
          invokeStream: async (call, limits) => {
            const answer = await runtime.invokeStream(call, limits);
            const said = textsIn(call.body);
            const text = script(said.find(isJudging) ?? said.join('\n'), call.modelId);
            return text === undefined ? answer : { ...answer, events: saying(text, answer.events) };
          },
        },
      };
    },
  };
}

async function* saying(text: string, events: StreamedAnswer['events']): StreamedAnswer['events'] {
  let left = text;
  for await (const event of events) {
    if (isJsonObject(event) && isJsonObject(event['delta']) && typeof event['delta']['text'] === 'string') {
      yield { ...event, delta: { ...event['delta'], text: left } };
      left = '';
    } else yield event;
  }
}

/** A verdict that gives these scores by what an answer contains; the first has the highest one. */
export function verdictFor(prompt: string, scores: Readonly<Record<string, number>>, best?: string): string {
  const answers = [...answersIn(prompt)];
  const labelOf = (words: string) => answers.find(([, text]) => text.includes(words))?.[0] ?? '';
  const winner = labelOf(best ?? Object.keys(scores)[0] ?? '');
  const others = answers.map(([label]) => label).filter((label) => label !== winner);
  return JSON.stringify({
    scores: Object.fromEntries(Object.entries(scores).map(([words, score]) => [labelOf(words), score])),
    best: winner,
    reason: `Answer ${winner} is right; ${others.join(' and ')} not. A short answer, option A or not.`,
  });
}
