/*
 * Memory that runs out. In a worker of its own each allocation of a request fails, one after the
 * other, the libraries' included: the worker answers as ever, or ends by itself and says why, and
 * the next one serves. See lib/memory.h.
 */
#include "clinic.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi.h"
#include "memory/scarce.h"

/* AddressSanitizer's malloc cannot be stood in front of. */
#ifndef __SANITIZE_ADDRESS__

enum { OUT_OF_MEMORY = 70, SOON_MS = 10000, NOBODY = 65534, KEEP = -1 };

static struct scarcity *scarcity;
static int worker;
static int deaths;

static const char *const programs[] = {
    [PATIENT_POOL] = "patient-api",
    [ADMIN_POOL] = "admin-api",
};

/* A worker that runs out of memory when it is told to, instead of the pool's other ones. */
static void start_worker(enum pool_name pool)
{
    clinic_kill_workers(pool);
    clinic_set("LD_PRELOAD", text("%s/scarce.so", getenv("BUILD")));
    worker = clinic_start_worker(pool);
    clinic_set("LD_PRELOAD", NULL);
}

static void open_scarce_clinic(void)
{
    clinic_open();
    const char *path = text("%s/scarcity", clinic_directory());
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(file >= 0 && ftruncate(file, sizeof *scarcity) == 0);
    scarcity = mmap(NULL, sizeof *scarcity, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    cr_assert(scarcity != MAP_FAILED);
    close(file);
    clinic_set("SCARCE_MEMORY", path);
    clinic_set("WORKER_THREADS", "2");
    clinic_set("DATABASE_TIMEOUT_MS", "20000"); /* a busy machine is no lack of memory */
}

TestSuite(memory, .init = open_scarce_clinic, .fini = clinic_close, .timeout = 300);

/* Something to ask for, and the status of its answer. */
struct errand {
    enum pool_name pool;
    const char *method;
    const char *path;
    const char *token;
    const char *body;
    int status;
    const char *key;
};

/* Connects to the pool and asks; nobody need be there yet to answer. */
static int request(const struct errand *errand)
{
    static const char *const prefixes[] = {"/api/v1/patient", "/api/v1/admin"};
    const char *path = text("%s%s", prefixes[errand->pool], errand->path);
    const char *query = strchr(path, '?'), *body = errand->body ? errand->body : "";
    const char *const parameters[] = {
        "REQUEST_METHOD",
        errand->method,
        "DOCUMENT_URI",
        text("%.*s", (int)strcspn(path, "?"), path),
        "QUERY_STRING",
        query ? query + 1 : "",
        "CONTENT_LENGTH",
        text("%zu", strlen(body)),
        "CONTENT_TYPE",
        "application/json",
        "HTTP_AUTHORIZATION",
        errand->token ? text("Bearer %s", errand->token) : "",
        "HTTP_IDEMPOTENCY_KEY",
        errand->key ? errand->key : "",
        NULL,
    };
    int connection = fastcgi_connect(clinic_socket(errand->pool));
    cr_assert(connection >= 0);
    fastcgi_send(connection, parameters, body, strlen(body), false);
    return connection;
}

/* The answer, whole; status 0: the connection ended without one. */
static struct answer hear(int connection)
{
    struct answer answer = {.head = ""};
    char *received = fastcgi_receive(connection);
    char *end = received ? strstr(received, "\r\n\r\n") : NULL;
    if (end) {
        *end = '\0';
        answer.head = received;
        answer.text = end + 4;
        answer.json = json_tokener_parse(answer.text);
        answer.status = (int)strtol(received + strlen("Status: "), NULL, 10);
    }
    close(connection);
    return answer;
}

static struct answer say(const struct errand *errand)
{
    return hear(request(errand));
}

/* An answer is the right one, to its end. */
static void expect_right(const struct errand *errand, struct answer answer)
{
    const char *length = header(&answer, "Content-Length");
    cr_expect(answer.status == errand->status && length && answer.json &&
                  strtoul(length, NULL, 10) == strlen(answer.text),
              "%s %s: expected %d, got %s\n%s", errand->method, errand->path, errand->status,
              answer.head, answer.text);
}

static int count_in_log(enum pool_name pool, const char *sought)
{
    FILE *log =
        popen(text("grep -c '%s' %s/%s.log", sought, clinic_directory(), programs[pool]), "r");
    int count = -1;
    cr_assert(log && fscanf(log, "%d", &count) == 1);
    pclose(log);
    return count;
}

/* How the worker ends, which it has done, or is about to. */
static siginfo_t await_end(const char *when)
{
    siginfo_t end = {.si_pid = 0};
    struct pollfd process = {.fd = (int)syscall(SYS_pidfd_open, worker, 0), .events = POLLIN};
    cr_assert(poll(&process, 1, SOON_MS) == 1, "%s, and nothing happens", when);
    close(process.fd);
    cr_assert(waitid(P_PID, (id_t)worker, &end, WEXITED | WNOWAIT) == 0);
    return end;
}

/* It ends as lib/memory.h has it. */
static void expect_end(const struct errand *errand, long n)
{
    siginfo_t end = await_end(text("%s %s: allocation %ld fails", errand->method, errand->path, n));
    cr_expect(end.si_code == CLD_EXITED && end.si_status == OUT_OF_MEMORY,
              "%s %s: at allocation %ld the worker ends with %s %d", errand->method, errand->path,
              n, end.si_code == CLD_EXITED ? "status" : "signal", end.si_status);
    deaths++;
}

/* What a worker does first, here, and what every worker can do. Logged in, because what checks
 * tokens asks for memory of its own when it is first used. */
static struct errand first_errand(enum pool_name pool)
{
    if (pool == PATIENT_POOL)
        return (struct errand){pool, "GET", "/me", patient_token(1), NULL, 200, NULL};
    return (struct errand){pool, "GET", "/hospital", staff_token("viewer"), NULL, 200, NULL};
}

static void start_and_expect_service(enum pool_name pool)
{
    const struct errand first = first_errand(pool);
    start_worker(pool);
    expect_right(&first, say(&first));
}

/* Lets the n-th allocation from here on fail. False: the errand has no so many. */
static bool fail_at(const struct errand *errand, long n, struct answer *answer)
{
    long refused = atomic_load(&scarcity->refused);
    atomic_store(&scarcity->until, n);
    *answer = say(errand);
    atomic_store(&scarcity->until, 0);
    return atomic_load(&scarcity->refused) > refused;
}

/* Each ends a worker, which takes its time: every other one, unless MEMORY_EVERY says how far apart
 * they are; 1 is all. */
static long step(void)
{
    const char *every = getenv("MEMORY_EVERY");
    return every ? strtol(every, NULL, 10) : 2;
}

/* The errand's allocations fail, one after the other, beginning with the first-th, each in a new
 * worker. */
static void exhaust(const struct errand *errand, long first)
{
    struct answer answer;
    long n = first;
    start_and_expect_service(errand->pool);
    for (; fail_at(errand, n, &answer); n += step()) {
        if (answer.status)
            expect_right(errand, answer);
        expect_end(errand, n);
        start_and_expect_service(errand->pool);
    }
    expect_right(errand, answer);
    cr_expect(n > first, "%s %s allocates nothing", errand->method, errand->path);
}

static void exhaust_all(const struct errand *errands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        exhaust(&errands[i], 1 + (long)i % step());
    cr_expect_eq(count_in_log(errands->pool, "out of memory"), deaths, "each end says why, once");
}

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

Test(memory, runs_out_in_what_a_patient_asks)
{
    const struct errand errands[] = {
        {PATIENT_POOL, "GET", "/doctors/1", NULL, NULL, 200, NULL},
        {PATIENT_POOL, "GET",
         "/availability/1/availability?date=2027-03-02&treatment_id=1&explain=true", NULL, NULL,
         200, NULL},
        {PATIENT_POOL, "POST", "/appointments", patient_token(1), "{\"doctor_id\": [1, {\"a\": 1}",
         400, NULL},
        {PATIENT_POOL, "POST", "/appointments", patient_token(1),
         "{\"doctor_id\": [1, {\"a\": 1}]}", 422, NULL},
        {PATIENT_POOL, "POST", "/auth/patient/login", NULL,
         "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}", 200, NULL},
    };
    exhaust_all(errands, COUNT(errands));
}

Test(memory, runs_out_in_what_the_staff_ask)
{
    const struct errand errands[] = {
        {ADMIN_POOL, "GET", "/patients?q=Crowd&page_size=100", staff_token("desk"), NULL, 200,
         NULL},
        {ADMIN_POOL, "GET", "/appointments?page=0", staff_token("viewer"), NULL, 400, NULL},
        {ADMIN_POOL, "PUT", "/doctors/2", staff_token("admin"),
         "{\"name\": \"Lee\", \"department\": \"surgery\", \"is_active\": true}", 200, NULL},
        {ADMIN_POOL, "PUT", "/doctors/2", staff_token("viewer"), "{}", 403, NULL},
        {ADMIN_POOL, "POST", "/treatments", staff_token("admin"),
         "{\"name\": \"laser\", \"duration_minutes\": 30, \"price\": 1}", 409, NULL},
    };
    exhaust_all(errands, COUNT(errands));
}

/* A time for each try; the clinic is open from nine to six, and on Wednesdays fuller. */
static const char *time_for(long n)
{
    return sql("SELECT to_char(timestamp '2027-03-02 14:00' + (%ld / 8) * interval '7 days'"
               "               + (%ld %% 8) * interval '30 minutes', 'YYYY-MM-DD\"T\"HH24:MI')",
               n, n);
}

/* The booking exists once, and its key gives the same answer again. */
static void expect_kept(const struct errand *booking, const char *start)
{
    struct answer first = say(booking), again = say(booking);
    expect_right(booking, first);
    expect_right(booking, again);
    cr_expect_str_eq(first.text, again.text);
    cr_expect(header(&again, "Idempotent-Replayed"), "%s", again.head);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment WHERE lower(during) = '%s'", start), "1",
                     "at %s", start);
}

Test(memory, runs_out_in_a_booking_which_its_key_brings_to_an_end)
{
    bool fails = true;
    start_and_expect_service(PATIENT_POOL);
    for (long n = 1; fails; n += step()) {
        const char *start = time_for(n);
        struct errand booking = {PATIENT_POOL,
                                 "POST",
                                 "/appointments",
                                 patient_token(1),
                                 booking_body(1, 1, start),
                                 201,
                                 text("booking-%ld", n)};
        struct answer answer;
        fails = fail_at(&booking, n, &answer);
        if (answer.status)
            expect_right(&booking, answer);
        if (fails) {
            expect_end(&booking, n);
            start_and_expect_service(PATIENT_POOL);
        }
        expect_kept(&booking, start);
    }
    cr_expect_gt(deaths, 0);
    cr_expect_eq(count_in_log(PATIENT_POOL, "out of memory"), deaths, "each end says why, once");
}

/* Reading the command line, preparing the database's connections, threads: what comes before the
 * first request, which waits meanwhile. The worker that comes to nothing says so, and the next one
 * serves. */
Test(memory, runs_out_while_a_worker_starts)
{
    const struct errand first = first_errand(PATIENT_POOL);
    for (long n = 1; n < 20000; n *= 4) {
        atomic_store(&scarcity->until, n);
        start_worker(PATIENT_POOL);
        int connection = request(&first);
        expect_end(&first, n);
        start_and_expect_service(PATIENT_POOL);
        struct answer answer = hear(connection);
        if (answer.status) /* the worker that ended had not come so far as to take it */
            expect_right(&first, answer);
    }
    cr_expect_eq(count_in_log(PATIENT_POOL, "out of memory"), deaths);
}

/* How much of the address space a process has taken. */
static rlim_t size_of(int process)
{
    FILE *sizes = fopen(text("/proc/%d/statm", process), "r");
    unsigned long pages = 0;
    cr_assert(sizes && fscanf(sizes, "%lu", &pages) == 1);
    fclose(sizes);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Becomes, or ceases to be, the user that a worker is which root has started; that user may set the
 * worker's limits, and root in a container may not. */
static void be_as_workers(uid_t user)
{
    if (geteuid() == 0)
        cr_assert(setresgid((gid_t)user, KEEP, KEEP) == 0 && setresuid(user, KEEP, KEEP) == 0);
}

static void limit(int process, rlim_t size)
{
    struct rlimit room;
    be_as_workers(NOBODY);
    cr_assert(prlimit(process, RLIMIT_AS, NULL, &room) == 0);
    room.rlim_cur = size < room.rlim_max ? size : room.rlim_max;
    cr_assert(prlimit(process, RLIMIT_AS, &room, NULL) == 0);
    be_as_workers(0);
}

/* A hash's 19 MiB are not had: nobody's password is called wrong for it, and others are served. */
Test(memory, is_too_little_for_a_password)
{
    const struct errand logins[] = {
        {PATIENT_POOL, "POST", "/auth/patient/login", NULL,
         "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}", 200, NULL},
        {PATIENT_POOL, "POST", "/auth/patient/login", NULL,
         "{\"phone\": \"010-1234-5678\", \"password\": \"wrong\"}", 401, NULL},
        {PATIENT_POOL, "POST", "/auth/patient/register", NULL,
         "{\"name\": \"Yoon\", \"phone\": \"010-9999-8888\", \"password\": \"clinic-demo\"}", 201,
         NULL},
    };
    const struct errand first = first_errand(PATIENT_POOL);
    start_and_expect_service(PATIENT_POOL);
    limit(worker, size_of(worker) + 8 * 1024 * 1024);
    for (size_t i = 0; i < COUNT(logins); i++) {
        struct answer refused = say(&logins[i]);
        expect_problem(logins[i].path, refused, 503, "unavailable");
        cr_expect(header(&refused, "Retry-After"), "%s", refused.head);
    }
    expect_right(&first, say(&first));
    limit(worker, RLIM_INFINITY);
    for (size_t i = 0; i < COUNT(logins); i++)
        expect_right(&logins[i], say(&logins[i]));
}

/* A stack is not had: the worker does not go on with fewer threads than it was to have. */
Test(memory, is_too_little_for_all_threads)
{
    atomic_store(&scarcity->until_thread, 2);
    start_worker(PATIENT_POOL);
    siginfo_t end = await_end("a thread cannot be started");
    cr_expect(end.si_code == CLD_EXITED && end.si_status == EXIT_FAILURE, "it ends with %d",
              end.si_status);
    cr_expect_eq(count_in_log(PATIENT_POOL, "cannot start all threads"), 1);
    start_and_expect_service(PATIENT_POOL);
}

#endif
