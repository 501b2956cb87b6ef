#!/usr/bin/env python3
"""Puts a job into the queue by the submit script itself. Standard library only.

    dispatcher schema --script > submit.lua
    GRADPHOTO_REDIS=redis://127.0.0.1:6379 GRADPHOTO_SHARDS=16 \\
        python3 enqueue_by_script.py submit.lua TENANT SESSION SUBJECT PHOTO

PHOTO is the key of a photo that was uploaded: `photo` in the answer of PUT /v1/sessions/SESSION/photos. The
session must be open. Prints the job's id, which GET /v1/jobs/ID knows. With a client library of your language
everything below is one EVALSHA; this speaks to Redis by hand to show every byte.
"""

import hashlib
import json
import os
import socket
import sys
import time
import urllib.parse

LANES = ("interactive", "onsite", "online", "bulk")  # numbered from 1

# The dispatcher's own limits: a caller who passes others goes by others.
RESULT_TTL_MS = 24 * 60 * 60 * 1000
DEAD_TTL_MS = 7 * 24 * 60 * 60 * 1000
EVENTS = 100_000
DEAD = 10_000
LANE_JOBS = 200_000
TENANT_JOBS = 200_000
SESSION_JOBS = 100_000


def connect(url):
    """redis://[USER:PASSWORD@]HOST:PORT or redis+unix:///PATH."""
    at = urllib.parse.urlsplit(url)
    if at.scheme == "redis+unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(at.path)
    else:
        connection = socket.create_connection((at.hostname, at.port or 6379), timeout=5)
    redis = connection.makefile("rwb")
    if at.password:
        call(redis, "AUTH", at.username or "default", at.password)
    return redis


def call(redis, *words):
    """One command and its answer, in the protocol of Redis."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    redis.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    redis.flush()
    return read(redis)


def read(redis):
    line = redis.readline().rstrip()
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        raise RuntimeError(rest.decode())
    if kind == b"$":
        return redis.read(int(rest) + 2)[:-2].decode() if rest != b"-1" else None
    if kind == b"*":
        return [read(redis) for _ in range(int(rest))]
    if not kind:
        raise RuntimeError("redis closed the connection")
    return rest.decode()


def shard_of(tenant, session, shards):
    """The same on every machine: all jobs of a session live in one shard."""
    digest = hashlib.sha256(f"{tenant}/{session}".encode()).digest()
    return int.from_bytes(digest[:2], "big") % shards


def uuid7():
    """48 bits of milliseconds, then random ones, with version 7 and the usual variant."""
    value = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return bytes(value)


def record(lane, envelope):
    """A waiting job as the script wants it: digits of fixed width, names in lines, the envelope."""
    member, batch = f"{envelope['tenant']}:{envelope['session']}", envelope.get("batch", "")
    names = "".join(f"{name}\n" for name in (member, envelope.get("subject", ""), batch, "", ""))
    at, deadline = envelope["accepted_at_ms"], envelope.get("deadline_ms", 0)
    return (
        f"w{0:014}{lane}{at:013}{deadline:013}{envelope.get('generation', 0):010}{1 if batch else 0}"
        f"{len(names):04}{names}{json.dumps(envelope, separators=(',', ':'))}"
    )


def submit(redis, script, prefix, shards, uuid, job):
    """One call for one job; up to 200 of one session, lane and batch may go together: their UUIDs in one word, then
    key and record of each, then the earliest start of each.

    Safe to repeat with the same UUID when the answer was lost: the job is then known, and "accepted" again.
    """
    shard, lane = shard_of(job["tenant"], job["session"], shards), LANES.index(job["lane"]) + 1
    envelope = {"schema": 1, "id": f"{shard:02x}-{uuid.hex()}", "accepted_at_ms": int(time.time() * 1000), **job}
    base = f"{prefix}:{{{shard}}}:"
    answer = call(
        redis, "EVAL", script, 1, base + "open",
        base, f"{prefix}:work", f"{prefix}:done", shard, RESULT_TTL_MS, DEAD_TTL_MS, EVENTS, DEAD,
        f"{job['tenant']}:{job['session']}", LANE_JOBS, TENANT_JOBS, SESSION_JOBS,
        lane, job.get("batch", ""), uuid, base.encode() + uuid, record(lane, envelope), job.get("not_before_ms", 0),
    )  # fmt: skip
    if answer not in (["ok"], ["ok", "accepted"]):
        raise RuntimeError(f"not accepted: {' '.join(answer)}")
    return envelope["id"]


def main(script, tenant, session, subject, photo):
    redis = connect(os.environ.get("GRADPHOTO_REDIS", "redis://127.0.0.1:6379"))
    with open(script, "rb") as file:
        text = file.read()
    job = {
        "tenant": tenant, "session": session, "subject": subject, "generation": 0, "lane": "online",
        "tasks": ["standardise"], "photo": photo, "spec": "chsi",
    }  # fmt: skip
    prefix, shards = os.environ.get("GRADPHOTO_REDIS_PREFIX", "gp"), int(os.environ.get("GRADPHOTO_SHARDS", "16"))
    print(submit(redis, text, prefix, shards, uuid7(), job))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, RuntimeError) as error:
        sys.exit(f"enqueue_by_script.py: {error}")
