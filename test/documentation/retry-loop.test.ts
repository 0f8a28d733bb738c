import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import ts from 'typescript';
import { CreateSessionDocument } from '../generated/operations';
import { print } from 'graphql';
import { useTestApp } from '../support/test-app';
import { blocksUnder } from './documents';

type Send = (url: string, query: string, variables: object, attempts?: number) => Promise<unknown>;

const source = blocksUnder('Retrying').find(({ language }) => language === 'ts')!.code;

/** The loop as it stands in the README, compiled. */
function compiledLoop(): Send {
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exported: { send?: Send } = {};
  new Function('exports', outputText)(exported);
  return exported.send!;
}

/** What is wrong with the loop in the eyes of the strictest compiler that a reader may have. */
function complaints(): string[] {
  const name = 'retry-loop.ts';
  const options: ts.CompilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, version, ...rest) =>
    file === name
      ? ts.createSourceFile(file, source, version)
      : getSourceFile.call(host, file, version, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the retry loop of the README', () => {
  const service = useTestApp();
  const send = compiledLoop();
  let server: Server;
  let answers: ((response: ServerResponse) => void)[] = [];
  let asked = 0;
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;

  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1;
      answers.shift()!(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    asked = 0;
  });

  const json = (status: number, body: object) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const failing = (extensions: object) => ({ errors: [{ message: 'no', extensions }] });

  it('compiles, however strictly', () => {
    expect(complaints()).toEqual([]);
  }, 60_000);

  it('comes back after a lost connection, a gateway, and whatever says that it may be tried again', async () => {
    answers = [
      (response) => void response.destroy(),
      (response) => void response.writeHead(502).end('<html>bad gateway</html>'),
      json(200, failing({ code: 'SERVICE_UNAVAILABLE', retryable: true })),
      json(429, failing({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 50 })),
      json(200, { data: { answer: 42 } }),
    ];

    expect(await send(url(), '{ answer }', {})).toEqual({ answer: 42 });
    expect(asked).toBe(5);
  }, 60_000);

  it('gives up at once where it is no use, and after so many attempts otherwise', async () => {
    answers = [json(200, failing({ code: 'EVENT_CONFLICT', retryable: false }))];
    await expect(send(url(), '{ answer }', {})).rejects.toMatchObject({
      errors: [{ extensions: { code: 'EVENT_CONFLICT' } }],
    });
    expect(asked).toBe(1);

    asked = 0;
    answers = Array.from({ length: 3 }, () => json(200, failing({ retryable: true })));
    await expect(send(url(), '{ answer }', {}, 3)).rejects.toMatchObject({ message: 'no' });
    expect(asked).toBe(3);
  }, 60_000);

  it('talks to this service', async () => {
    const variables = { input: { sessionId: 'retried', language: 'en' } };
    const query = print(CreateSessionDocument);

    expect(await send(service.app.url, query, variables)).toMatchObject({ createSession: { created: true } });
    expect(await send(service.app.url, query, variables)).toMatchObject({
      createSession: { created: false },
    });
    await expect(
      send(service.app.url, query, { input: { sessionId: '', language: 'en' } }),
    ).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});
