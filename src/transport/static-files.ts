import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { FastifyReply } from 'fastify';

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** The files of a folder by URL path. Only these are served, so no URL can reach others. */
export async function listFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(folder, path).replaceAll(sep, '/'), path]));
}

/** Sends one of `files`, cacheable for a day; 404 if the name is unknown. */
export function sendFile(
  reply: FastifyReply,
  name: string,
  files: ReadonlyMap<string, string>,
): FastifyReply {
  const path = files.get(name);
  if (path === undefined) {
    reply.callNotFound();
    return reply;
  }
  return reply
    .headers({ 'cache-control': 'public, max-age=86400', 'x-content-type-options': 'nosniff' })
    .type(contentTypes[extname(path)] ?? 'application/octet-stream')
    .send(createReadStream(path));
}
