/* How a worker serves: connections that are kept, idle, silent, half or rubbish; and its end. */
#include "clinic.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fastcgi.h"
#include "gateway.h"

TestSuite(worker, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

enum { THREADS = 4 };

/* The patient pool with one worker of few threads, instead of the usual one; its process id. */
static int start_small_worker(void)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("WORKER_THREADS", text("%d", THREADS));
    clinic_set("DATABASE_TIMEOUT_MS", "20000");
    return clinic_start_worker(PATIENT_POOL);
}

static const char *const health[] = {"REQUEST_METHOD", "GET", "DOCUMENT_URI",
                                     "/api/v1/patient/health", NULL};
static const char *const unknown[] = {"REQUEST_METHOD", "GET", "DOCUMENT_URI", "/nowhere", NULL};

/* Parameters of POST /appointments as patient 1, with that CONTENT_LENGTH. */
static const char *const *booking(const char *content_length)
{
    const char *const made[] = {
        "REQUEST_METHOD",
        "POST",
        "DOCUMENT_URI",
        "/api/v1/patient/appointments",
        "CONTENT_TYPE",
        "application/json",
        "HTTP_AUTHORIZATION",
        text("Bearer %s", patient_token(1)),
        "CONTENT_LENGTH",
        content_length,
        NULL,
    };
    return memcpy(malloc(sizeof made), made, sizeof made);
}

static const char body_at_ten[] =
    "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:00\"}";

static const char *length_of_body(int more)
{
    return text("%d", (int)sizeof body_at_ten - 1 + more);
}

static int connect_to_patients(void)
{
    int connection = fastcgi_connect(clinic_socket(PATIENT_POOL));
    cr_assert(connection >= 0);
    return connection;
}

/* The status that came on the connection; 0: it was closed without one. */
static int status_on(int connection)
{
    char *received = fastcgi_receive(connection);
    int status = 0;
    if (received)
        sscanf(received, "Status: %d", &status);
    free(received);
    return status;
}

static int ask_on(int connection, const char *const parameters[])
{
    return fastcgi_send(connection, parameters, "", 0, true) ? status_on(connection) : 0;
}

/* Nobody is held back: a new connection is answered while a thread would still wait for a peer. */
static void expect_served(const char *about)
{
    enum { SOON_MS = 5000 };
    int connection = connect_to_patients();
    fastcgi_send(connection, health, "", 0, false);
    struct pollfd answer = {.fd = connection, .events = POLLIN};
    cr_expect(poll(&answer, 1, SOON_MS) == 1, "%s: others are held back", about);
    cr_expect_eq(status_on(connection), 200, "%s", about);
    close(connection);
}

static void expect_no_appointment(const char *about)
{
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "0", "%s", about);
}

Test(worker, a_kept_connection_serves_one_request_after_another)
{
    int connection = connect_to_patients();
    for (int i = 0; i < 20; i++) {
        cr_expect_eq(ask_on(connection, health), 200);
        cr_expect_eq(ask_on(connection, unknown), 404);
    }
    cr_expect(fastcgi_send(connection, booking(length_of_body(0)), body_at_ten, strlen(body_at_ten),
                           true));
    cr_expect_eq(status_on(connection), 201);
    cr_expect_eq(ask_on(connection, health), 200);
    close(connection);
}

Test(worker, a_connection_that_is_not_to_be_kept_is_closed)
{
    int connection = connect_to_patients();
    fastcgi_send(connection, health, "", 0, false);
    cr_expect_eq(status_on(connection), 200);
    char byte;
    cr_expect_eq(recv(connection, &byte, 1, 0), 0);
    close(connection);
}

Test(worker, idle_kept_connections_hold_nobody_back)
{
    enum { IDLE = 50 };
    int connections[IDLE];
    start_small_worker();
    for (int i = 0; i < IDLE; i++) {
        connections[i] = connect_to_patients();
        cr_expect_eq(ask_on(connections[i], health), 200);
    }
    expect_served("50 idle");
    for (int i = 0; i < IDLE; i++) {
        cr_expect_eq(ask_on(connections[i], health), 200);
        close(connections[i]);
    }
    expect_served("50 gone");
}

static void limit_open_files(rlim_t most)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = most;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* More of them than the worker could have open. */
Test(worker, kept_connections_are_given_up_before_they_keep_others_out)
{
    enum { OPEN_FILES = 64, KEPT = 100 };
    int connections[KEPT];
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    limit_open_files(OPEN_FILES);
    start_small_worker();
    limit_open_files(before.rlim_cur);
    for (int i = 0; i < KEPT; i++) {
        connections[i] = connect_to_patients();
        cr_assert_eq(ask_on(connections[i], health), 200, "connection %d", i);
    }
    cr_expect_eq(ask_on(connections[0], health), 200, "the first ones are still kept");
    for (int i = 0; i < KEPT; i++)
        close(connections[i]);
}

/* A worker, started by a shell command that says so, fails; it tells why in `reason`. */
static void expect_refusal(const char *command, const char *reason)
{
    char said[1024];
    setenv("PATIENT_DATABASE_URL", clinic_pool_url(PATIENT_POOL), 1);
    setenv("PATIENT_TOKEN_SECRET", "0123456789abcdef0123456789abcdef", 1);
    FILE *out = popen(command, "r");
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    cr_expect_eq(WEXITSTATUS(pclose(out)), EXIT_FAILURE);
    cr_expect(strstr(said, reason), "%s", said);
}

Test(worker, too_few_open_files_are_told_at_start)
{
    expect_refusal(text("ulimit -n 40; exec spawn-fcgi -s %s/few.sock -n -- %s/patient-api 2>&1",
                        clinic_directory(), getenv("BUILD")),
                   "WORKER_THREADS is 16 and DATABASE_CONNECTIONS 8, which takes 56 open files; "
                   "the limit is 40.");
}

Test(worker, the_lack_of_a_socket_is_told_at_start)
{
    expect_refusal(text("exec %s/patient-api 2>&1 </dev/null", getenv("BUILD")),
                   "Descriptor 0 is no listening socket");
}

/* The record that ends a body may come by itself. Whoever answers without reading it finds it in
 * front of the next request. */
Test(worker, the_end_of_a_body_may_come_apart)
{
    int connection = connect_to_patients();
    for (int i = 0; i < 100; i++) {
        fastcgi_send_part(connection, health, "", 0, true);
        fastcgi_send_end(connection);
        int status = status_on(connection);
        cr_assert_eq(status, 200, "request %d: %d", i, status);
    }
    close(connection);
}

/* libfcgi reads 8192 bytes at a time. A record that lies across such an end, or begins there, must
 * not be left behind. */
Test(worker, a_kept_connection_bears_requests_of_any_length)
{
    enum { FIRST = 7900, LAST = 8200 };
    int connection = connect_to_patients();
    for (int length = FIRST; length < LAST; length++) {
        const char *const parameters[] = {
            "REQUEST_METHOD",        "GET", "DOCUMENT_URI", "/api/v1/patient/health", "HTTP_FILLER",
            text("%0*d", length, 0), NULL};
        int status = ask_on(connection, parameters);
        cr_expect_eq(status, 200, "%d bytes of filler: %d", length, status);
        if (status == 200)
            continue;
        close(connection);
        connection = connect_to_patients();
    }
    close(connection);
}

/* What was not read of a body must not be taken for the next request; closing is allowed. */
Test(worker, what_one_request_leaves_unread_does_not_spoil_the_next)
{
    static const struct {
        const char *about, *method, *uri, *content_length;
        size_t length;
        int status;
    } rows[] = {
        {"too large", "POST", "/api/v1/patient/appointments", "70000", 70000, 413},
        {"far too large", "POST", "/api/v1/patient/appointments", "190000", 190000, 413},
        {"a body with GET", "GET", "/api/v1/patient/health", "10000", 10000, 200},
        {"more than promised", "GET", "/api/v1/patient/health", "10", 30000, 200},
        {"a body, none promised", "GET", "/api/v1/patient/health", "", 30000, 200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const parameters[] = {"REQUEST_METHOD", rows[i].method,         "DOCUMENT_URI",
                                          rows[i].uri,      "CONTENT_TYPE",         "text/plain",
                                          "CONTENT_LENGTH", rows[i].content_length, NULL};
        char *body = malloc(rows[i].length);
        for (size_t k = 0; k < rows[i].length; k++) /* a record that begins a request, all over */
            body[k] = "\1\1\0\1\0\0\0\0"[k % 8];
        int connection = connect_to_patients();
        cr_expect(fastcgi_send(connection, parameters, body, rows[i].length, true));
        cr_expect_eq(status_on(connection), rows[i].status, "%s", rows[i].about);
        int next = ask_on(connection, unknown);
        cr_expect(next == 404 || next == 0, "%s: then %d", rows[i].about, next);
        close(connection);
        free(body);
        expect_served(rows[i].about);
    }
}

static int connect_and_say(const void *bytes, size_t length)
{
    int connection = connect_to_patients();
    cr_assert(send(connection, bytes, length, MSG_NOSIGNAL) == (ssize_t)length);
    return connection;
}

Test(worker, peers_that_say_nothing_hold_nobody_back)
{
    int silent[50];
    start_small_worker();
    for (size_t i = 0; i < COUNT(silent); i++)
        silent[i] = connect_to_patients();
    expect_served("50 silent");
    for (size_t i = 0; i < COUNT(silent); i++)
        close(silent[i]);
    expect_served("50 gone");
}

/* Each takes a thread until it goes on or goes away; here one is left. */
Test(worker, peers_that_stop_half_way_do_not_hold_others_back)
{
    static const char begin[] = "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0";
    start_small_worker();
    int halves[THREADS - 1] = {
        connect_and_say(begin, 5),
        connect_and_say(begin, sizeof begin - 1),
        connect_to_patients(),
    };
    fastcgi_send_part(halves[2], booking(length_of_body(0)), body_at_ten, 20, false);
    for (int i = 0; i < 20; i++)
        expect_served("three halves");
    for (size_t i = 0; i < COUNT(halves); i++)
        close(halves[i]);
    int all[THREADS];
    for (size_t i = 0; i < COUNT(all); i++)
        cr_expect_eq(ask_on(all[i] = connect_to_patients(), health), 200);
    for (size_t i = 0; i < COUNT(all); i++)
        close(all[i]);
    expect_no_appointment("half a booking");
}

/* What arrives of these bodies is a whole booking, so only the count tells that something lacks. */
Test(worker, a_body_shorter_than_promised_changes_nothing)
{
    for (int more = 1; more < 70000; more = more * 10 + 1) {
        const char *const *parameters = booking(length_of_body(more));
        int ended = connect_to_patients(), hung_up = connect_to_patients();
        fastcgi_send(ended, parameters, body_at_ten, strlen(body_at_ten), false);
        int status = status_on(ended);
        cr_expect(status == 400 || status == 413, "%d more: %d", more, status);
        fastcgi_send_part(hung_up, parameters, body_at_ten, strlen(body_at_ten), false);
        shutdown(hung_up, SHUT_WR);
        status = status_on(hung_up);
        cr_expect(status == 400 || status == 413 || status == 0, "%d more: %d", more, status);
        close(ended);
        close(hung_up);
        int gone = connect_to_patients();
        fastcgi_send_part(gone, parameters, body_at_ten, strlen(body_at_ten), false);
        close(gone);
    }
    expect_served("short bodies");
    clinic_stop_workers(PATIENT_POOL);
    expect_no_appointment("short bodies");
}

Test(worker, a_content_length_that_lies_changes_nothing)
{
    static const char *const lengths[] = {
        "-1",
        "-70",
        "abc",
        "70x",
        "0x40",
        "1e2",
        "7 0",
        "70,70",
        "2147483648",
        "4294967296",
        "5",
        "4294967366",
        "65536",
        "65537",
        "9223372036854775807",
        "99.5",
        "1",
        "18446744073709551686",
        "99999999999999999999999999",
        "+70",
        " 70",
    };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        const char *const extra[] = {"CONTENT_LENGTH", lengths[i], NULL};
        struct answer refused = ask(PATIENT_POOL, "POST", "/appointments", patient_token(1),
                                    body_at_ten, strlen(body_at_ten), extra);
        cr_expect(refused.status == 400 || refused.status == 413, "%s: %d", lengths[i],
                  refused.status);
        expect_problem(lengths[i], refused, refused.status, at(&refused, "/code"));
    }
    expect_no_appointment("lies");
    expect_served("lies");
}

Test(worker, rubbish_is_not_answered_and_does_no_harm)
{
#define SAID(LITERAL)                                                                              \
    {                                                                                              \
        LITERAL, sizeof(LITERAL) - 1                                                               \
    }
    static const struct {
        const char *bytes;
        size_t length;
    } rubbish[] = {
        SAID("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        SAID("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        SAID("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
        SAID("\2\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"), /* another version */
        SAID("\1\143\0\1\0\0\0\0"),                /* an unknown type */
        SAID("\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0"),  /* no beginning */
        SAID("\1\1\0\1\0\2\0\0\0\1"),              /* too short a beginning */
        SAID("\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"), /* two */
        SAID("\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\4\0\1\0\2\0\0\xFF\xFF\1\4\0\1\0\0\0\0"),
        SAID("\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\4\0\1\0\4\0\0\50\50ab\1\4\0\1\0\0\0\0"),
        SAID("\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\2\0\1\0\0\0\0"), /* begun and aborted */
    };
    for (size_t i = 0; i < COUNT(rubbish); i++) {
        int connection = connect_and_say(rubbish[i].bytes, rubbish[i].length);
        shutdown(connection, SHUT_WR);
        int status = status_on(connection);
        cr_expect(status == 0 || status >= 400, "rubbish %zu: %d", i, status);
        close(connection);
        close(connect_and_say(rubbish[i].bytes, rubbish[i].length));
        expect_served(text("rubbish %zu", i));
    }
}

Test(worker, peers_that_do_not_wait_for_the_answer_do_no_harm)
{
    for (int i = 0; i < 100; i++) {
        int connection = connect_to_patients();
        fastcgi_send(connection, i % 2 ? health : unknown, "", 0, i % 4 < 2);
        close(connection);
    }
    expect_served("impatient peers");
}

/* Makes bookings at 10:00 wait until sql("COMMIT"). */
static void hold_ten_o_clock(void)
{
    expect_answer(book(2, 2, 1, "2027-03-02T10:00"), 201, "");
    sql("BEGIN");
    sql("SELECT FROM slot_day WHERE start_time = '10:00' FOR UPDATE");
}

static int send_booking(int64_t doctor_id)
{
    int connection = connect_to_patients();
    const char *body = text("{\"doctor_id\": %d, \"treatment_id\": 1, \"start_time\": "
                            "\"2027-03-02T10:00\"}",
                            (int)doctor_id);
    fastcgi_send(connection, booking(length_of_body(0)), body, strlen(body), true);
    return connection;
}

Test(worker, a_request_under_way_is_answered_before_the_worker_ends, .timeout = 60)
{
    int worker = start_small_worker();
    hold_ten_o_clock();
    int connection = send_booking(1);
    clinic_await_locks(1);
    kill(worker, SIGTERM);
    sql("COMMIT");
    cr_expect_eq(status_on(connection), 201);
    clinic_stop_workers(PATIENT_POOL);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
    close(connection);
}

Test(worker, signals_end_it_in_order_though_connections_are_kept)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
    for (size_t i = 0; i < COUNT(signals); i++) {
        int connections[3 * THREADS], worker = start_small_worker();
        for (size_t k = 0; k < COUNT(connections); k++)
            cr_expect_eq(ask_on(connections[k] = connect_to_patients(), health), 200);
        kill(worker, signals[i]);
        clinic_stop_workers(PATIENT_POOL); /* expects 0 of it */
        for (size_t k = 0; k < COUNT(connections); k++)
            close(connections[k]);
    }
    start_small_worker();
    expect_served("after all that");
}

/* With one thread each, two statements can wait at once only if both workers are at work. */
Test(worker, two_workers_share_one_socket, .timeout = 60)
{
    start_small_worker();
    hold_ten_o_clock();
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("WORKER_THREADS", "1");
    int first_worker = clinic_start_worker(PATIENT_POOL);
    clinic_start_worker(PATIENT_POOL);
    int first = send_booking(1);
    clinic_await_locks(1);
    int second = send_booking(3);
    clinic_await_locks(2);
    sql("COMMIT");
    int one = status_on(first), other = status_on(second);
    cr_expect((one == 201 && other == 409) || (one == 409 && other == 201), "%d %d", one, other);
    kill(first_worker, SIGTERM);
    for (int i = 0; i < 20; i++)
        expect_served("one of two has ended");
    close(first);
    close(second);
}

/* Before that, a signal simply kills it. */
static void await_serving(int worker)
{
    const char *look = text("grep -q '\"pid\":%d,\"event\":\"serving\"' %s/patient-api.log", worker,
                            clinic_directory());
    while (system(look) != 0)
        usleep(5000);
}

/* As when a new version is rolled out: whoever comes while a sibling ends is served by somebody. */
Test(worker, one_of_two_workers_may_end_while_people_come, .timeout = 120)
{
    enum { ROUNDS = 12, PEOPLE = 100 };
    int old = start_small_worker();
    await_serving(old);
    for (int i = 0; i < ROUNDS; i++) {
        int young = clinic_start_worker(PATIENT_POOL);
        await_serving(young);
        for (int k = 0; k < PEOPLE; k++) {
            expect_served(text("round %d, request %d", i, k));
            if (k == PEOPLE / 2)
                kill(old, SIGTERM);
        }
        old = young;
    }
}

/* The value of a line of /proc/PID/status, such as "Umask". */
static const char *status_of(int process, const char *name)
{
    static char status[8192];
    FILE *in = fopen(text("/proc/%d/status", process), "r");
    cr_assert(in);
    status[fread(status, 1, sizeof status - 1, in)] = '\0';
    fclose(in);
    const char *line = strstr(status, text("\n%s:\t", name));
    cr_assert(line, "%s", name);
    line += strlen(name) + 3;
    return text("%.*s", (int)strcspn(line, "\t\n"), line);
}

Test(worker, gives_up_what_it_does_not_need)
{
    clinic_stop_workers(PATIENT_POOL);
    int worker = clinic_start_worker(PATIENT_POOL);
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    cr_expect_str_eq(status_of(worker, "NoNewPrivs"), "1");
    cr_expect_str_eq(status_of(worker, "Umask"), "0077");
    cr_expect_str_neq(status_of(worker, "Uid"), "0");
    cr_expect_str_neq(status_of(worker, "Gid"), "0");
    if (geteuid() == 0)
        cr_expect_str_eq(status_of(worker, "Groups"), " ");
    cr_expect_str_eq(status_of(worker, "CapEff"), "0000000000000000");
    cr_expect_eq(system(text("grep -q '^Max core file size  *0  *0 ' /proc/%d/limits", worker)), 0);
#ifndef __SANITIZE_ADDRESS__ /* which must look into the process */
    struct stat memory;
    cr_expect_eq(stat(text("/proc/%d/mem", worker), &memory), 0);
    cr_expect_eq(memory.st_uid, 0, "its memory is for root alone");
#endif
}

/* systemd's own program hands its socket over and becomes the worker. */
static pid_t start_by_systemd(const char *socket)
{
    pid_t worker = fork();
    cr_assert(worker >= 0);
    if (worker > 0)
        return worker;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *log = text("%s/activated.log", clinic_directory());
    cr_assert(freopen("/dev/null", "r", stdin) && freopen(log, "w", stderr));
    execlp("systemd-socket-activate", "systemd-socket-activate", text("--listen=%s", socket),
           text("--setenv=PATIENT_DATABASE_URL=%s", clinic_pool_url(PATIENT_POOL)),
           text("--setenv=PATIENT_TOKEN_SECRET=%s", clinic_secret(PATIENT_POOL)),
           "--setenv=ASAN_OPTIONS=detect_leaks=0", text("%s/patient-api", getenv("BUILD")),
           (char *)NULL);
    _exit(127);
}

/* Asks as soon as it serves, and ends it. `port` 0: `socket` is a path. */
static void use_activated_worker(const char *socket, int port)
{
    pid_t worker = start_by_systemd(socket);
    int connection, status;
    while ((connection = port ? fastcgi_connect_tcp(port) : fastcgi_connect(socket)) < 0)
        cr_assert(waitpid(worker, &status, WNOHANG) == 0, "it has ended");
    cr_expect_eq(ask_on(connection, health), 200);
    close(connection);
    kill(worker, SIGTERM);
    cr_expect_eq(waitpid(worker, &status, 0), worker);
    cr_expect_eq(status, 0, "it ended with %#x", (unsigned)status);
}

Test(worker, serves_the_socket_that_systemd_hands_over)
{
    use_activated_worker(text("%s/activated.sock", clinic_directory()), 0);
}

/* As on a host of its own. */
Test(worker, serves_a_tcp_port)
{
    int port = free_port();
    use_activated_worker(text("127.0.0.1:%d", port), port);
}
