#!/usr/bin/env python3
"""Sends one photo through gradphoto and saves the finished picture. Standard library only.

    GRADPHOTO_URL=http://127.0.0.1:8080 GRADPHOTO_KEY=... python3 enqueue.py PHOTO SESSION SUBJECT OUT

Exit codes: 0 the picture was saved, 1 it failed, 2 the photo was refused or the job given up.
"""

import hashlib
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get("GRADPHOTO_URL", "http://127.0.0.1:8080").rstrip("/")
KEY = os.environ.get("GRADPHOTO_KEY", "")

TRIES = 8  # with pauses that double, a minute at least
PAUSE_MAX_S = 30
POLL_S = 30  # the server holds a long poll for at most 60 seconds
TIMEOUT_S = 90  # longer than a long poll
PATIENCE_S = 600  # for the whole job
COME_BACK = (429, 502, 503, 504)  # the queue is full, or something on the way is away


class Refused(Exception):
    """The server said no, and would say it again."""


def ask(method, path, query=None, body=None, headers=None):
    """Sends a request until it is answered; every request of this program may be repeated safely."""
    url = URL + path + ("?" + urllib.parse.urlencode(query) if query else "")
    headers = {"Authorization": f"Bearer {KEY}", **(headers or {})}
    for attempt in range(TRIES):
        retry_after = 0
        try:
            request = urllib.request.Request(url, data=body, headers=headers, method=method)
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code not in COME_BACK:
                raise Refused(explain(error)) from error
            said = error.headers.get("Retry-After", "")
            retry_after = int(said) if said.isdecimal() else 0
            last = f"status {error.code}"
        except (OSError, http.client.HTTPException) as error:  # refused, reset, timed out
            last = str(error)
        if attempt + 1 < TRIES:
            # Jitter, so that callers who were sent away together do not come back together.
            backoff = min(0.5 * 2**attempt, PAUSE_MAX_S) * random.uniform(0.5, 1.0)
            time.sleep(retry_after + backoff)
    raise Refused(f"{method} {path}: gave up after {TRIES} tries: {last}")


def explain(error):
    """Every refusal is {"error": {"code", "message", "request_id"}}; decide by the code."""
    try:
        problem = json.loads(error.read())["error"]
        return f"{problem['code']}: {problem['message']} (request {problem.get('request_id')})"
    except (ValueError, KeyError, TypeError):
        return f"status {error.code} from something that is not gradphoto; is {URL} right?"


def ask_json(method, path, query=None, body=None):
    sent = None if body is None else json.dumps(body).encode()
    return json.loads(ask(method, path, query, sent, {"Content-Type": "application/json"}))


def open_session(session):
    """Makes the session known and open; one that is known keeps its state, so it may need opening."""
    known = ask_json("POST", "/v1/sessions", body={"id": session, "state": "open"})
    if known["state"] != "open":
        ask_json("PATCH", f"/v1/sessions/{session}", body={"state": "open"})


def submit(session, subject, photo):
    """Uploads a photo with a job on it. The key names what is wanted: the same again is the same job."""
    wanted = hashlib.sha256(f"{session}/{subject}/".encode() + photo).hexdigest()
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": wanted}
    query = {"tasks": "standardise", "subject": subject, "lane": "online"}
    return json.loads(ask("POST", f"/v1/sessions/{session}/photos", query, photo, headers))["job"]


def wait(job):
    """Waits by long poll until nothing changes any more."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        view = ask_json("GET", f"/v1/jobs/{job}", {"wait": POLL_S})
        if view["state"] not in ("waiting", "running", "delayed"):
            return view
    raise Refused(f"job {job} is not settled after {PATIENCE_S} seconds; are workers running?")


def results(session, after="0"):
    """Every settled job of a session after a cursor, page by page."""
    while True:
        page = ask_json("GET", f"/v1/sessions/{session}/results", {"after": after, "limit": 100})
        yield from page["events"]
        if page["next"] == after:  # not: no events, as a page may bring nothing but batches
            return
        after = page["next"]


def main(photo_path, session, subject, out):
    with open(photo_path, "rb") as file:
        photo = file.read()
    open_session(session)
    job = submit(session, subject, photo)
    print(f"job {job} is accepted")
    view = wait(job)
    answer = (view.get("result") or {}).get("standardise") or {}
    if answer.get("outcome") == "finished":
        picture = ask("GET", f"/v1/jobs/{job}/picture")
        with open(out, "wb") as file:
            file.write(picture)
        print(f"saved {out}: {len(picture)} bytes")
    else:
        print(f"no picture: the job is {view['state']} {view.get('error') or ''}".rstrip())
        for reason in answer.get("reasons", []):
            print(f"  {reason['code']}: {reason['en']} {reason['zh']}")
    # What a main system does all day: go on from the last cursor, which it keeps beside what it did.
    for event in results(session):
        print(f"result {event['job']} {event['state']}, cursor {event['cursor']}")
    return 0 if answer.get("outcome") == "finished" else 2


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (Refused, OSError) as error:
        sys.exit(f"enqueue.py: {error}")
