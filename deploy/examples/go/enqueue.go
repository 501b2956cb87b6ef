// Sends one photo through gradphoto and saves the finished picture. Go 1.20 or newer, standard library only.
//
//	GRADPHOTO_URL=http://127.0.0.1:8080 GRADPHOTO_KEY=... go run enqueue.go PHOTO SESSION SUBJECT OUT
//
// Exit codes: 0 the picture was saved, 1 it failed, 2 the photo was refused or the job given up; go run itself
// turns every failure into 1.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	tries    = 8 // with pauses that double, a minute at least
	pauseMax = 30 * time.Second
	poll     = "30"             // seconds; the server holds a long poll for at most 60
	timeout  = 90 * time.Second // longer than a long poll
	patience = 10 * time.Minute // for the whole job
)

var (
	base   = strings.TrimRight(setting("GRADPHOTO_URL", "http://127.0.0.1:8080"), "/")
	key    = setting("GRADPHOTO_KEY", "")
	client = &http.Client{Timeout: timeout}
)

type reason struct{ Code, En, Zh string }

// view is a job and where it stands; fields that are not needed here are left out.
type view struct {
	State  string
	Error  string
	Result struct {
		Standardise struct {
			Outcome string
			Reasons []reason
		}
	}
}

// page is some settled jobs of a session and where to go on.
type page struct {
	Events []struct{ Cursor, Job, State string }
	Next   string
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: enqueue PHOTO SESSION SUBJECT OUT")
		os.Exit(1)
	}
	finished, err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "enqueue:", err)
		os.Exit(1)
	case !finished:
		os.Exit(2)
	}
}

func run(photoPath, session, subject, out string) (finished bool, err error) {
	photo, err := os.ReadFile(photoPath)
	if err != nil {
		return false, err
	}
	if err := openSession(session); err != nil {
		return false, err
	}
	job, err := submit(session, subject, photo)
	if err != nil {
		return false, err
	}
	fmt.Printf("job %s is accepted\n", job)
	settled, err := wait(job)
	if err != nil {
		return false, err
	}
	answer := settled.Result.Standardise
	finished = answer.Outcome == "finished"
	if finished {
		picture, err := ask(http.MethodGet, "/v1/jobs/"+job+"/picture", nil, nil, nil)
		if err != nil {
			return false, err
		}
		if err := os.WriteFile(out, picture, 0o644); err != nil {
			return false, err
		}
		fmt.Printf("saved %s: %d bytes\n", out, len(picture))
	} else {
		fmt.Println(strings.TrimSpace("no picture: the job is " + settled.State + " " + settled.Error))
		for _, reason := range answer.Reasons {
			fmt.Printf("  %s: %s %s\n", reason.Code, reason.En, reason.Zh)
		}
	}
	return finished, results(session, "0")
}

// openSession makes the session known and open; one that is known keeps its state, so it may need opening.
func openSession(session string) error {
	var known struct{ State string }
	wanted := map[string]string{"id": session, "state": "open"}
	if err := askJSON(http.MethodPost, "/v1/sessions", nil, wanted, &known); err != nil || known.State == "open" {
		return err
	}
	return askJSON(http.MethodPatch, "/v1/sessions/"+session, nil, map[string]string{"state": "open"}, &known)
}

// submit uploads a photo with a job on it. The key names what is wanted: the same again is the same job.
func submit(session, subject string, photo []byte) (string, error) {
	wanted := sha256.Sum256(append([]byte(session+"/"+subject+"/"), photo...))
	header := http.Header{}
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Idempotency-Key", hex.EncodeToString(wanted[:]))
	query := url.Values{"tasks": {"standardise"}, "subject": {subject}, "lane": {"online"}}
	answer, err := ask(http.MethodPost, "/v1/sessions/"+session+"/photos", query, photo, header)
	if err != nil {
		return "", err
	}
	var uploaded struct{ Job string }
	err = json.Unmarshal(answer, &uploaded)
	return uploaded.Job, err
}

// wait asks by long poll until nothing changes any more.
func wait(job string) (view, error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var seen view
		if err := askJSON(http.MethodGet, "/v1/jobs/"+job, url.Values{"wait": {poll}}, nil, &seen); err != nil {
			return view{}, err
		}
		if seen.State != "waiting" && seen.State != "running" && seen.State != "delayed" {
			return seen, nil
		}
	}
	return view{}, fmt.Errorf("job %s is not settled after %v; are workers running?", job, patience)
}

// results prints every settled job of a session after a cursor. A main system does this all day: it goes on from
// the last cursor, which it keeps beside what it did.
func results(session, after string) error {
	for {
		var found page
		query := url.Values{"after": {after}, "limit": {"100"}}
		if err := askJSON(http.MethodGet, "/v1/sessions/"+session+"/results", query, nil, &found); err != nil {
			return err
		}
		for _, event := range found.Events {
			fmt.Printf("result %s %s, cursor %s\n", event.Job, event.State, event.Cursor)
		}
		if found.Next == after {
			return nil // not: no events, as a page may bring nothing but batches
		}
		after = found.Next
	}
}

func askJSON(method, path string, query url.Values, body, answer any) error {
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return err
		}
	}
	header := http.Header{"Content-Type": {"application/json"}}
	received, err := ask(method, path, query, sent, header)
	if err != nil {
		return err
	}
	return json.Unmarshal(received, answer)
}

// ask sends a request until it is answered; every request of this program may be repeated safely.
func ask(method, path string, query url.Values, body []byte, header http.Header) ([]byte, error) {
	var last error
	for attempt := 0; attempt < tries; attempt++ {
		answer, retryAfter, err := askOnce(method, path, query, body, header)
		if err == nil {
			return answer, nil
		}
		if last = err; retryAfter < 0 {
			break
		}
		if attempt+1 < tries {
			// Jitter, so that callers who were sent away together do not come back together.
			backoff := 500 * time.Millisecond << attempt
			if backoff > pauseMax {
				backoff = pauseMax
			}
			time.Sleep(retryAfter + time.Duration(float64(backoff)*(0.5+rand.Float64()/2)))
		}
	}
	return nil, fmt.Errorf("%s %s: %w", method, path, last)
}

// askOnce answers the body, or an error and how long to stay away at least; below zero, for ever.
func askOnce(method, path string, query url.Values, body []byte, header http.Header) ([]byte, time.Duration, error) {
	request, err := http.NewRequest(method, base+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, -1, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := client.Do(request)
	if err != nil {
		return nil, 0, err // refused, reset, timed out
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, 0, err
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted:
		return answer, 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // absent: 0
		return nil, time.Duration(seconds) * time.Second, explain(response.StatusCode, answer)
	default:
		return nil, -1, explain(response.StatusCode, answer)
	}
}

// explain reads a refusal, {"error": {"code", "message", "request_id"}}; decide by the code.
func explain(status int, body []byte) error {
	var problem struct {
		Error struct {
			Code, Message string
			RequestID     string `json:"request_id"`
		}
	}
	if json.Unmarshal(body, &problem) != nil || problem.Error.Code == "" {
		return fmt.Errorf("status %d from something that is not gradphoto; is %s right?", status, base)
	}
	return fmt.Errorf("%s: %s (request %s)", problem.Error.Code, problem.Error.Message, problem.Error.RequestID)
}

func setting(name, usual string) string {
	if value, found := os.LookupEnv(name); found {
		return value
	}
	return usual
}
