import { settings } from '../../src/config';
import { errorTable } from '../../src/errors';
import { useTestApp } from '../support/test-app';
import { blocksUnder, dependencyNames, designTableUnder, scriptNames, tableUnder } from './documents';

describe('the README', () => {
  it('lists exactly the errors there are', () => {
    const listed = tableUnder('Errors').map(([code, , retryable]) => ({ code, retryable }));

    const existing = Object.entries(errorTable).map(([code, { retryable }]) => ({
      code,
      retryable: retryable ? 'yes' : 'no',
    }));
    expect(listed).toEqual(existing);
  });

  it('lists exactly the settings there are, with their defaults, values and meanings', () => {
    const listed = tableUnder('Settings').map(([variable, fallback, allowed, meaning]) => ({
      variable,
      fallback,
      allowed,
      meaning,
    }));

    const existing = Object.values(settings).map(({ variable, fallback, allowed, meaning }) => ({
      variable,
      fallback: fallback === null ? '' : String(fallback),
      allowed,
      meaning,
    }));
    expect(listed).toEqual(existing);
  });

  it('lists exactly the scripts there are', () => {
    const listed = tableUnder('Scripts').map(([command]) => /^npm (?:run )?([\w:]+)/.exec(command!)?.[1]);

    // npm runs `pretest` by itself.
    expect(listed.toSorted()).toEqual(
      scriptNames()
        .filter((name) => name !== 'pretest')
        .toSorted(),
    );
  });
});

describe('DESIGN.md', () => {
  it('says of exactly the dependencies there are why they are taken', () => {
    const listed = designTableUnder('Dependencies').flatMap(([names]) => names!.split(', '));

    expect(listed.toSorted()).toEqual(dependencyNames().toSorted());
  });
});

describe('the metrics', () => {
  const service = useTestApp({ METRICS: 'on' });

  it('are exactly those that the README lists', async () => {
    const text = await (await service.app.fetch('/metrics')).text();

    const existing = [...text.matchAll(/^# HELP (conversation_\w+) /gm)].map(([, name]) => name!);
    const listed = tableUnder('Metrics').map(([name]) => name!);
    expect(listed.toSorted()).toEqual(existing.toSorted());
  });
});

describe('what the README shows', () => {
  const service = useTestApp();

  async function post(body: string): Promise<unknown> {
    return (await service.app.post(body)).json();
  }

  it('answers the first conversation as it says', async () => {
    const blocks = blocksUnder('A first conversation');
    const requests = blocks.filter(({ language }) => language === 'sh');
    const answers = blocks.filter(({ language }) => language === 'json');
    expect(requests.length).toBe(answers.length);
    expect(requests.length).toBeGreaterThan(3);

    for (const [index, { code }] of requests.entries()) {
      const body = /-d '([\s\S]*)'/.exec(code)?.[1];
      expect(await post(body!)).toEqual(JSON.parse(answers[index]!.code));
    }
  });

  it('runs every example of the API', async () => {
    const examples = blocksUnder('The API in short');
    expect(examples.length).toBeGreaterThan(5);

    for (const { code } of examples) {
      const answer = await post(JSON.stringify({ query: code }));
      expect(answer).not.toHaveProperty('errors');
      expect(answer).toHaveProperty('data');
    }
  });
});
