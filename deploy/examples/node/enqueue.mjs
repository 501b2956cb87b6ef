#!/usr/bin/env node
// Sends one photo through gradphoto and saves the finished picture. Node 20 or newer, no packages.
//
//   GRADPHOTO_URL=http://127.0.0.1:8080 GRADPHOTO_KEY=... node enqueue.mjs PHOTO SESSION SUBJECT OUT
//
// Exit codes: 0 the picture was saved, 1 it failed, 2 the photo was refused or the job given up.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const URL_BASE = (process.env.GRADPHOTO_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
const KEY = process.env.GRADPHOTO_KEY ?? '';

const TRIES = 8; // with pauses that double, a minute at least
const PAUSE_MAX_MS = 30_000;
const POLL_S = 30; // the server holds a long poll for at most 60 seconds
const TIMEOUT_MS = 90_000; // longer than a long poll
const PATIENCE_MS = 600_000; // for the whole job
const COME_BACK = [429, 502, 503, 504]; // the queue is full, or something on the way is away

/** Sends a request until it is answered; every request of this program may be repeated safely. */
async function ask(method, path, { query = {}, body, headers = {} } = {}) {
  const url = new URL(URL_BASE + path);
  url.search = new URLSearchParams(query);
  let last;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    let retryAfterMs = 0;
    try {
      const answer = await fetch(url, {
        method,
        body,
        headers: { Authorization: `Bearer ${KEY}`, ...headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (answer.ok) return bytes;
      last = explain(answer.status, bytes);
      if (!COME_BACK.includes(answer.status)) break;
      retryAfterMs = 1000 * (Number(answer.headers.get('Retry-After')) || 0);
    } catch (error) {
      last = String(error.cause ?? error); // refused, reset, timed out
    }
    if (attempt + 1 < TRIES) {
      // Jitter, so that callers who were sent away together do not come back together.
      const backoffMs = Math.min(500 * 2 ** attempt, PAUSE_MAX_MS) * (0.5 + Math.random() / 2);
      await sleep(retryAfterMs + backoffMs);
    }
  }
  throw new Error(`${method} ${path}: ${last}`);
}

/** Every refusal is {"error": {code, message, request_id}}; decide by the code. */
function explain(status, bytes) {
  try {
    const { code, message, request_id: request } = JSON.parse(bytes).error;
    return `${code}: ${message} (request ${request})`;
  } catch {
    return `status ${status} from something that is not gradphoto; is ${URL_BASE} right?`;
  }
}

async function askJson(method, path, { query, body } = {}) {
  const headers = { 'Content-Type': 'application/json' };
  return JSON.parse(await ask(method, path, { query, body: body && JSON.stringify(body), headers }));
}

/** Makes the session known and open; one that is known keeps its state, so it may need opening. */
async function openSession(session) {
  const known = await askJson('POST', '/v1/sessions', { body: { id: session, state: 'open' } });
  if (known.state !== 'open') {
    await askJson('PATCH', `/v1/sessions/${session}`, { body: { state: 'open' } });
  }
}

/** Uploads a photo with a job on it. The key names what is wanted: the same again is the same job. */
async function submit(session, subject, photo) {
  const wanted = createHash('sha256').update(`${session}/${subject}/`).update(photo).digest('hex');
  const headers = { 'Content-Type': 'application/octet-stream', 'Idempotency-Key': wanted };
  const query = { tasks: 'standardise', subject, lane: 'online' };
  return JSON.parse(await ask('POST', `/v1/sessions/${session}/photos`, { query, body: photo, headers })).job;
}

/** Waits by long poll until nothing changes any more. */
async function settled(job) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const view = await askJson('GET', `/v1/jobs/${job}`, { query: { wait: POLL_S } });
    if (!['waiting', 'running', 'delayed'].includes(view.state)) return view;
  }
  throw new Error(`job ${job} is not settled after ${PATIENCE_MS / 1000} seconds; are workers running?`);
}

/** Every settled job of a session after a cursor, page by page. */
async function* results(session, after = '0') {
  for (;;) {
    const page = await askJson('GET', `/v1/sessions/${session}/results`, { query: { after, limit: 100 } });
    yield* page.events;
    if (page.next === after) return; // not: no events, as a page may bring nothing but batches
    after = page.next;
  }
}

async function main(photoPath, session, subject, out) {
  const photo = await readFile(photoPath);
  await openSession(session);
  const job = await submit(session, subject, photo);
  console.log(`job ${job} is accepted`);
  const view = await settled(job);
  const answer = view.result?.standardise;
  const finished = answer?.outcome === 'finished';
  if (finished) {
    const picture = await ask('GET', `/v1/jobs/${job}/picture`);
    await writeFile(out, picture);
    console.log(`saved ${out}: ${picture.length} bytes`);
  } else {
    console.log(`no picture: the job is ${view.state} ${view.error ?? ''}`.trimEnd());
    for (const reason of answer?.reasons ?? []) console.log(`  ${reason.code}: ${reason.en} ${reason.zh}`);
  }
  // What a main system does all day: go on from the last cursor, which it keeps beside what it did.
  for await (const event of results(session)) {
    console.log(`result ${event.job} ${event.state}, cursor ${event.cursor}`);
  }
  return finished ? 0 : 2;
}

const words = process.argv.slice(2);
if (words.length !== 4) {
  console.error('usage: node enqueue.mjs PHOTO SESSION SUBJECT OUT');
  process.exitCode = 1;
} else {
  try {
    process.exitCode = await main(...words);
  } catch (error) {
    console.error(`enqueue.mjs: ${error.message}`);
    process.exitCode = 1;
  }
}
