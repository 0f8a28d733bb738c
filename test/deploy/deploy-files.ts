import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const root = join(__dirname, '../../..');
const folder = join(root, 'deploy');

/** A file of `deploy/`, as it is there. */
export function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

/** The same as YAML, its anchors merged. */
export function readYaml<T>(name: string): T {
  return parse(read(name), { merge: true }) as T;
}

/** The files of a folder of `deploy/` that match. */
export function filesOf(subfolder: string, pattern: RegExp): string[] {
  return readdirSync(join(folder, subfolder))
    .filter((name) => pattern.test(name))
    .map((name) => join(subfolder, name));
}

/** The source of a path in `dist`, the path itself otherwise. */
export function isThere(path: string): boolean {
  const source = path.replace(/^dist\/(.*)\.js$/, '$1.ts');
  return existsSync(join(root, source));
}

/** The variables that the Dockerfile, the unit, the Compose files and the manifests set, each with its file. */
export function variablesSet(): { file: string; name: string; value: string }[] {
  return [
    ...assignments('Dockerfile', /^ENV (.*)$/gm),
    ...assignments('conversation-session-service.service', /^#?\s*Environment=(.*)$/gm),
    ...filesOf('.', /^compose\..*\.yml$/).flatMap((file) => composeVariables(file)),
    ...podVariables('kubernetes/deployment.yaml'),
  ];
}

function assignments(file: string, line: RegExp) {
  const found = [...read(file).matchAll(line)].flatMap(([, rest]) => [...rest!.matchAll(/(\w+)=(\S+)/g)]);
  return found.map(([, name, value]) => ({ file, name: name!, value: value! }));
}

function composeVariables(file: string) {
  const { services } = readYaml<{ services: Record<string, { environment?: Record<string, unknown> }> }>(
    file,
  );
  return Object.values(services).flatMap(({ environment = {} }) =>
    Object.entries(environment).map(([name, value]) => ({ file, name, value: String(value) })),
  );
}

interface Deployment {
  spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
}

function podVariables(file: string) {
  const { spec } = readYaml<Deployment>(file);
  return spec.template.spec.containers.flatMap(({ env }) => env.map((variable) => ({ file, ...variable })));
}
