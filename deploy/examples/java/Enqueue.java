import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends one photo through gradphoto and saves the finished picture. Java 17 or newer, no libraries.
 *
 * <pre>GRADPHOTO_URL=http://127.0.0.1:8080 GRADPHOTO_KEY=... java Enqueue.java PHOTO SESSION SUBJECT OUT</pre>
 *
 * Exit codes: 0 the picture was saved, 1 it failed, 2 the photo was refused or the job given up.
 */
public final class Enqueue {
    private static final int TRIES = 8; // with pauses that double, a minute at least
    private static final long PAUSE_MAX_MS = 30_000;
    private static final int POLL_S = 30; // the server holds a long poll for at most 60 seconds
    private static final Duration TIMEOUT = Duration.ofSeconds(90); // longer than a long poll
    private static final Duration PATIENCE = Duration.ofMinutes(10); // for the whole job
    /** The queue is full, or something on the way is away. */
    private static final Set<Integer> COME_BACK = Set.of(429, 502, 503, 504);
    private static final Set<String> UNDER_WAY = Set.of("waiting", "running", "delayed");
    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final String base;
    private final String key;

    private Enqueue(String base, String key) {
        this.base = base.replaceAll("/+$", "");
        this.key = key;
    }

    public static void main(String[] words) throws InterruptedException {
        if (words.length != 4) {
            System.err.println("usage: java Enqueue.java PHOTO SESSION SUBJECT OUT");
            System.exit(1);
        }
        var url = Optional.ofNullable(System.getenv("GRADPHOTO_URL")).orElse("http://127.0.0.1:8080");
        var key = Optional.ofNullable(System.getenv("GRADPHOTO_KEY")).orElse("");
        try {
            System.exit(new Enqueue(url, key).run(Path.of(words[0]), words[1], words[2], Path.of(words[3])) ? 0 : 2);
        } catch (IOException error) {
            System.err.println("Enqueue: " + error.getMessage());
            System.exit(1);
        }
    }

    private boolean run(Path photo, String session, String subject, Path out) throws IOException, InterruptedException {
        openSession(session);
        var job = submit(session, subject, Files.readAllBytes(photo));
        System.out.println("job " + job + " is accepted");
        var view = settled(job);
        var finished = field(view, "outcome").filter("finished"::equals).isPresent();
        if (finished) {
            var picture = ask("GET", "/v1/jobs/" + job + "/picture", new byte[0], Map.of());
            Files.write(out, picture);
            System.out.println("saved " + out + ": " + picture.length + " bytes");
        } else {
            System.out.println("no picture: " + view);
        }
        printResults(session, "0");
        return finished;
    }

    /** Makes the session known and open; one that is known keeps its state, so it may need opening. */
    private void openSession(String session) throws IOException, InterruptedException {
        // Names hold letters, digits, and _.- only, so they need no escaping.
        var known = askText("POST", "/v1/sessions", "{\"id\":\"" + session + "\",\"state\":\"open\"}");
        if (!needed(known, "state").equals("open")) {
            askText("PATCH", "/v1/sessions/" + session, "{\"state\":\"open\"}");
        }
    }

    /** Uploads a photo with a job on it. The key names what is wanted: the same again is the same job. */
    private String submit(String session, String subject, byte[] photo) throws IOException, InterruptedException {
        var headers = Map.of(
            "Content-Type", "application/octet-stream",
            "Idempotency-Key", sha256((session + "/" + subject + "/").getBytes(StandardCharsets.UTF_8), photo));
        var path = "/v1/sessions/" + session + "/photos?tasks=standardise&lane=online&subject=" + subject;
        return needed(new String(ask("POST", path, photo, headers), StandardCharsets.UTF_8), "job");
    }

    /** Waits by long poll until nothing changes any more. */
    private String settled(String job) throws IOException, InterruptedException {
        var deadline = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            var view = askText("GET", "/v1/jobs/" + job + "?wait=" + POLL_S, "");
            if (!UNDER_WAY.contains(needed(view, "state"))) {
                return view;
            }
        }
        throw new IOException("job " + job + " is not settled after " + PATIENCE + "; are workers running?");
    }

    /**
     * Prints every settled job of a session after a cursor. A main system does this all day: it goes on from the
     * last cursor, which it keeps beside what it did.
     */
    private void printResults(String session, String after) throws IOException, InterruptedException {
        var event = Pattern.compile("\"cursor\":\"([^\"]+)\",\"job\":\"([^\"]+)\".*?\"state\":\"([^\"]+)\"");
        for (var from = after;;) {
            var page = askText("GET", "/v1/sessions/" + session + "/results?limit=100&after=" + from, "");
            for (Matcher events = event.matcher(page); events.find();) {
                System.out.printf("result %s %s, cursor %s%n", events.group(2), events.group(3), events.group(1));
            }
            var next = needed(page, "next");
            if (next.equals(from)) {
                return; // not: no events, as a page may bring nothing but batches
            }
            from = next;
        }
    }

    private String askText(String method, String path, String body) throws IOException, InterruptedException {
        return new String(ask(method, path, body.getBytes(StandardCharsets.UTF_8), JSON), StandardCharsets.UTF_8);
    }

    /** Sends a request until it is answered; every request of this program may be repeated safely. */
    private byte[] ask(String method, String path, byte[] body, Map<String, String> headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT)
            .header("Authorization", "Bearer " + key)
            .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        var last = "";
        for (var attempt = 0; attempt < TRIES; attempt++) {
            long retryAfterMs = 0;
            try {
                HttpResponse<byte[]> answer = http.send(request.build(), BodyHandlers.ofByteArray());
                if (answer.statusCode() / 100 == 2) {
                    return answer.body();
                }
                last = explain(answer);
                if (!COME_BACK.contains(answer.statusCode())) {
                    break;
                }
                retryAfterMs = 1000 * answer.headers().firstValueAsLong("Retry-After").orElse(0);
            } catch (IOException error) {
                last = String.valueOf(error); // refused, reset, timed out
            }
            if (attempt + 1 < TRIES) {
                // Jitter, so that callers who were sent away together do not come back together.
                var backoff = Math.min(500L << attempt, PAUSE_MAX_MS);
                Thread.sleep(retryAfterMs + ThreadLocalRandom.current().nextLong(backoff / 2, backoff + 1));
            }
        }
        throw new IOException(method + " " + path + ": " + last);
    }

    /** Every refusal is {"error": {"code", "message", "request_id"}}; decide by the code. */
    private String explain(HttpResponse<byte[]> answer) {
        var text = new String(answer.body(), StandardCharsets.UTF_8);
        return field(text, "code")
            .map(code -> code + ": " + field(text, "message").orElse("") + " (request "
                + field(text, "request_id").orElse("unknown") + ")")
            .orElse("status " + answer.statusCode() + " from something that is not gradphoto; is " + base + " right?");
    }

    private static String needed(String json, String name) throws IOException {
        return field(json, name).orElseThrow(() -> new IOException("the answer has no " + name + ": " + json));
    }

    /**
     * The first text field of that name. The platform has no JSON reader, and this is enough for the few plain
     * fields needed here; a real client takes a library such as Jackson.
     */
    private static Optional<String> field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    private static String sha256(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }
}
