import { useTestApp } from '../support/test-app';
import { read } from './deploy-files';

const server = useTestApp({ METRICS: 'on' });

/** What the service offers, with the series that a histogram has. */
async function offered(): Promise<Set<string>> {
  const text = await (await server.app.fetch('/metrics')).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name, type]) => {
      if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
      return type === 'summary' ? [name!, `${name}_sum`, `${name}_count`] : [name!];
    }),
  );
}

it.each(['grafana/dashboard.json', 'prometheus/alerts.yml'])(
  '%s asks for metrics that there are',
  async (file) => {
    const asked = [...read(file).matchAll(/\b(?:conversation|nodejs|process)_\w+(?=[{[)\s])/g)].map(
      ([name]) => name,
    );

    expect(asked.length).toBeGreaterThan(5);
    const there = await offered();
    expect([...new Set(asked)].filter((name) => !there.has(name))).toEqual([]);
  },
);
