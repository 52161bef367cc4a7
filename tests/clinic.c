#include "clinic.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi.h"
#include "token.h"

enum { MOST_WORKERS = 16, MOST_SETTINGS = 16 };

static const struct pool_facts {
    const char *program, *prefix, *audience, *secret_name, *secret;
    const char *url_name, *login; /* .dev/test sets the passwords */
} pools[] = {
    [PATIENT_POOL] = {"patient-api", "/api/v1/patient", "patient", "PATIENT_TOKEN_SECRET",
                      "the patients' secret of the tests, long enough", "PATIENT_DATABASE_URL",
                      "user=hospital_patient password=the-patients"},
    [ADMIN_POOL] = {"admin-api", "/api/v1/admin", "staff", "ADMIN_TOKEN_SECRET",
                    "the staff's secret of the tests, long enough too", "ADMIN_DATABASE_URL",
                    "user=hospital_admin password=the-staffs"},
};

/* The one clinic of this test's process. */
static struct {
    const char *directory;
    const char *database;
    struct {
        const char *socket;
        int listener;
        pid_t workers[MOST_WORKERS];
        int worker_count; /* running */
        int expected;     /* to have come to serve, ever */
        struct json_object *routes;
    } pools[2];
    PGconn *owner;
    const char *detour; /* the host by which workers reach the database; NULL: directly */
    bool failed;        /* a worker did not end well */
} clinic;

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    cr_assert(value, "%s is not set: run the tests with `make test`", name);
    return value;
}

static const char *compose(const char *format, va_list arguments)
{
    char *made;
    cr_assert(vasprintf(&made, format, arguments) >= 0);
    return made;
}

const char *text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *made = compose(format, arguments);
    va_end(arguments);
    return made;
}

static PGconn *connect_as_owner(const char *database)
{
    PGconn *connection = PQconnectdb(text("%s dbname=%s", environment("TEST_CLUSTER"), database));
    cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
    return connection;
}

/* The result of a statement that must succeed. */
static PGresult *run_sql(PGconn *connection, const char *statement)
{
    PGresult *result = PQexec(connection, statement);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK ||
                  PQresultStatus(result) == PGRES_TUPLES_OK,
              "%s: %s", statement, PQerrorMessage(connection));
    return result;
}

static void manage(const char *statement)
{
    PGconn *connection = connect_as_owner("postgres");
    PQclear(run_sql(connection, statement));
    PQfinish(connection);
}

const char *sql(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = run_sql(clinic.owner, compose(format, arguments));
    va_end(arguments);
    bool has_value = PQntuples(result) > 0 && PQnfields(result) > 0;
    const char *value = has_value ? text("%s", PQgetvalue(result, 0, 0)) : "";
    PQclear(result);
    return value;
}

const char *sql_refusal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *statement = compose(format, arguments);
    va_end(arguments);
    PGresult *result = PQexec(clinic.owner, statement);
    cr_assert(PQresultStatus(result) == PGRES_FATAL_ERROR, "%s: was not refused", statement);
    const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    if (!name)
        name = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    name = text("%s", name);
    PQclear(result);
    return name;
}

const char *clinic_directory(void)
{
    return clinic.directory;
}

const char *clinic_url(void)
{
    return text("%s dbname=%s", environment("TEST_CLUSTER"), clinic.database);
}

const char *clinic_pool_url(enum pool_name pool)
{
    return text("%s %s%s%s", clinic_url(), pools[pool].login, clinic.detour ? " host=" : "",
                clinic.detour ? clinic.detour : "");
}

const char *clinic_socket(enum pool_name pool)
{
    return clinic.pools[pool].socket;
}

void clinic_set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void listen_on_socket(enum pool_name pool)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", clinic.pools[pool].socket);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    cr_assert(listen(listener, 1024) == 0);
    chmod(address.sun_path, 0666);
    clinic.pools[pool].listener = listener;
}

static _Noreturn void become_worker(enum pool_name pool)
{
    const struct pool_facts *facts = &pools[pool];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    FILE *log = fopen(text("%s/%s.log", clinic.directory, facts->program), "a");
    dup2(clinic.pools[pool].listener, STDIN_FILENO);
    dup2(fileno(log), STDERR_FILENO);
    unsetenv("PGPASSWORD"); /* the owner's */
    setenv(facts->url_name, clinic_pool_url(pool), 1);
    setenv(facts->secret_name, facts->secret, 0); /* a test may have set another */
    setenv("METRICS_DIRECTORY", clinic.directory, 0);
    setenv("ASAN_OPTIONS", "detect_leaks=1", 1);
    const char *program = text("%s/%s", environment("BUILD"), facts->program);
    execl(program, facts->program, (char *)NULL);
    _exit(127);
}

int clinic_start_worker(enum pool_name pool)
{
    cr_assert(clinic.pools[pool].worker_count < MOST_WORKERS);
    pid_t worker = fork();
    cr_assert(worker >= 0);
    if (worker == 0)
        become_worker(pool);
    clinic.pools[pool].workers[clinic.pools[pool].worker_count++] = worker;
    clinic.pools[pool].expected++;
    return worker;
}

static const char *log_of(enum pool_name pool)
{
    return text("%s/%s.log", clinic.directory, pools[pool].program);
}

/* How many workers have come to serve, ever. */
static int count_serving(enum pool_name pool)
{
    FILE *log = fopen(log_of(pool), "r");
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (log && getline(&line, &size, log) > 0)
        count += strstr(line, "\"event\":\"serving\"") != NULL;
    free(line);
    if (log)
        fclose(log);
    return count;
}

/* A worker that is only just starting may still be ended by a signal: waits until all serve. */
static void await_serving(enum pool_name pool)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    for (int i = 0; i < 4000 && count_serving(pool) < clinic.pools[pool].expected; i++)
        nanosleep(&pause, NULL);
}

void clinic_stop_workers(enum pool_name pool)
{
    await_serving(pool);
    for (int i = 0; i < clinic.pools[pool].worker_count; i++)
        kill(clinic.pools[pool].workers[i], SIGTERM);
    for (int i = 0; i < clinic.pools[pool].worker_count; i++) {
        int status = -1;
        waitpid(clinic.pools[pool].workers[i], &status, 0);
        if (status == 0)
            continue;
        clinic.failed = true;
        cr_expect(false,
                  "a worker of %s ended with status %#x; what it wrote last:", pools[pool].program,
                  (unsigned)status);
        if (system(text("tail -n 40 %s >&2", log_of(pool))) != 0)
            cr_log_warn("nothing");
    }
    clinic.pools[pool].worker_count = 0;
}

void clinic_kill_workers(enum pool_name pool)
{
    for (int i = 0; i < clinic.pools[pool].worker_count; i++) {
        kill(clinic.pools[pool].workers[i], SIGKILL);
        waitpid(clinic.pools[pool].workers[i], NULL, 0);
    }
    clinic.pools[pool].worker_count = 0;
    clinic.pools[pool].expected = count_serving(pool); /* some have ended before they could */
}

void clinic_divert_database(const char *directory)
{
    clinic.detour = directory;
}

const char *clinic_cluster(void)
{
    const char *host = strstr(environment("TEST_CLUSTER"), "host=");
    cr_assert(host);
    host += strlen("host=");
    return text("%.*s", (int)strcspn(host, " "), host);
}

void clinic_open(void)
{
    clinic.directory = text("%s/%d", environment("TEST_DIR"), (int)getpid());
    clinic.database = text("clinic_%d", (int)getpid());
    cr_assert(mkdir(clinic.directory, 0755) == 0);
    manage(text("CREATE DATABASE %s TEMPLATE clinic_template", clinic.database));
    clinic.owner = connect_as_owner(clinic.database);
    sql("SELECT pools_admit()");
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        clinic.pools[pool].socket = text("%s/%d.sock", clinic.directory, (int)pool);
        listen_on_socket(pool);
        clinic_start_worker(pool);
    }
}

void clinic_expect(bool holds, const char *otherwise)
{
    cr_expect(holds, "%s", otherwise);
    clinic.failed = clinic.failed || !holds;
}

void clinic_close_alive(void)
{
    clinic_expect(patient_api("GET", "/health", NULL, NULL).status == 200, "a worker is dead");
    clinic_expect(admin_api("GET", "/health", NULL, NULL).status == 200, "a worker is dead");
    clinic_close();
}

void clinic_close(void)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_stop_workers(ADMIN_POOL);
    PQfinish(clinic.owner);
    manage(text("DROP DATABASE %s WITH (FORCE)", clinic.database));
    cr_assert(system(text("rm -rf %s", clinic.directory)) == 0);
    if (clinic.failed)
        abort();
}

void clinic_close_database(void)
{
    manage(text("ALTER DATABASE %s ALLOW_CONNECTIONS false", clinic.database));
    manage(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = '%s' AND application_name = 'hospital'",
                clinic.database));
}

void clinic_open_database(void)
{
    manage(text("ALTER DATABASE %s ALLOW_CONNECTIONS true", clinic.database));
}

void clinic_await_locks(int count)
{
    for (int tries = 0; tries < 2000; tries++) {
        usleep(5000);
        sql("SELECT pg_stat_clear_snapshot()"); /* else a transaction sees the same for ever */
        const char *waiting =
            sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                "   AND application_name = 'hospital' AND wait_event_type = 'Lock'");
        if (strcmp(waiting, text("%d", count)) == 0)
            return;
    }
    cr_assert_fail("no %d statements came to wait for a lock", count);
}

enum { NOBODYS_LOGIN = 1000000 }; /* which nothing can end */

const char *clinic_token(enum pool_name pool, const char *role, int64_t person, int seconds)
{
    const struct token_key key = {pools[pool].secret, pools[pool].audience};
    const struct caller caller = {person, NOBODYS_LOGIN, role_by_name(role)};
    time_t now = time(NULL);
    return token_issue(arena_new(), &key, &caller, now, now + seconds);
}

enum { GOOD_FOR_SECONDS = 600 };

const char *patient_token(int64_t patient_id)
{
    return clinic_token(PATIENT_POOL, "patient", patient_id, GOOD_FOR_SECONDS);
}

const char *staff_token(const char *role)
{
    enum role wanted = role_by_name(role);
    int64_t id = wanted == ROLE_ADMIN ? 1 : wanted == ROLE_DESK ? 2 : 3;
    return clinic_token(ADMIN_POOL, role, id, GOOD_FOR_SECONDS);
}

const char *clinic_secret(enum pool_name pool)
{
    return pools[pool].secret;
}

struct json_object *clinic_routes(enum pool_name pool)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    if (!clinic.pools[pool].routes) {
        FILE *out = popen(text("%s/%s --routes", environment("BUILD"), pools[pool].program), "r");
        static char printed[256 * 1024];
        size_t length = fread(printed, 1, sizeof printed - 1, out);
        printed[length] = '\0';
        pclose(out);
        clinic.pools[pool].routes = json_tokener_parse(printed);
    }
    pthread_mutex_unlock(&lock);
    return clinic.pools[pool].routes;
}

static const char *text_of(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

static bool path_fits(const char *pattern, const char *path)
{
    for (; *pattern && *path && *path != '?'; pattern++, path++) {
        if (*pattern == '{') {
            pattern = strchr(pattern, '}');
            path += strcspn(path, "/?") - 1;
        } else if (*pattern != *path)
            return false;
    }
    return *pattern == '\0' && (*path == '\0' || *path == '?');
}

/* Fails the test when the route does not declare the status. */
static void check_declared(enum pool_name pool, const char *method, const char *path, int status)
{
    struct json_object *routes = clinic_routes(pool);
    for (size_t i = 0; i < json_object_array_length(routes); i++) {
        struct json_object *route = json_object_array_get_idx(routes, i);
        if (strcmp(text_of(route, "method"), method) || !path_fits(text_of(route, "path"), path))
            continue;
        struct json_object *statuses = json_object_object_get(route, "statuses");
        for (size_t k = 0; k < json_object_array_length(statuses); k++)
            if (json_object_get_int(json_object_array_get_idx(statuses, k)) == status)
                return;
        cr_expect(false, "%s %s answers %d, which its route does not declare", method, path,
                  status);
    }
}

static struct answer read_answer(char *received)
{
    struct answer answer = {.head = received, .text = ""};
    cr_assert(received, "the worker closed the connection without an answer");
    cr_assert(sscanf(received, "Status: %d", &answer.status) == 1, "%s", received);
    char *body = strstr(received, "\r\n\r\n");
    if (body) {
        *body = '\0';
        answer.text = body + 4;
        answer.json = json_tokener_parse(answer.text);
    }
    return answer;
}

struct answer ask(enum pool_name pool, const char *method, const char *path, const char *token,
                  const char *body, size_t length, const char *const extra[])
{
    const char *parameters[64] = {NULL};
    int count = 0;
    const char *full = text("%s%s", pools[pool].prefix, path), *query = strchr(full, '?');
    const char *usual[] = {
        "REQUEST_METHOD",     method,
        "DOCUMENT_URI",       text("%.*s", (int)strcspn(full, "?"), full),
        "QUERY_STRING",       query ? query + 1 : "",
        "CONTENT_LENGTH",     body ? text("%zu", length) : "",
        "CONTENT_TYPE",       body ? "application/json" : "",
        "HTTP_AUTHORIZATION", token ? text("Bearer %s", token) : "",
    };
    for (; count < (int)(sizeof usual / sizeof *usual); count++)
        parameters[count] = usual[count];
    for (; extra && *extra; extra += 2) {
        for (int i = 0; i < (int)(sizeof usual / sizeof *usual); i += 2)
            if (strcmp(parameters[i], extra[0]) == 0)
                parameters[i] = "X_REPLACED";
        parameters[count++] = extra[0];
        parameters[count++] = extra[1];
    }
    int connection = fastcgi_connect(clinic.pools[pool].socket);
    cr_assert(connection >= 0);
    fastcgi_send(connection, parameters, body ? body : "", body ? length : 0, false);
    struct answer answer = read_answer(fastcgi_receive(connection));
    close(connection);
    check_declared(pool, method, full, answer.status);
    return answer;
}

struct answer patient_api(const char *method, const char *path, const char *token, const char *body)
{
    return ask(PATIENT_POOL, method, path, token, body, body ? strlen(body) : 0, NULL);
}

struct answer admin_api(const char *method, const char *path, const char *token, const char *body)
{
    return ask(ADMIN_POOL, method, path, token, body, body ? strlen(body) : 0, NULL);
}

struct answer ask_with_key(enum pool_name pool, const char *method, const char *path,
                           const char *token, const char *body, const char *key)
{
    return ask(pool, method, path, token, body, body ? strlen(body) : 0,
               (const char *[]){"HTTP_IDEMPOTENCY_KEY", key, NULL});
}

const char *header(const struct answer *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = answer->head; line; line = strstr(line, "\r\n")) {
        line += *line == '\r' ? 2 : 0;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1 + strspn(line + length + 1, " ");
            return text("%.*s", (int)strcspn(value, "\r\n"), value);
        }
    }
    return NULL;
}

static struct json_object *object_at(const struct answer *answer, const char *pointer)
{
    struct json_object *found = NULL;
    if (!answer->json || json_pointer_get(answer->json, pointer, &found) != 0)
        return NULL;
    return found;
}

const char *at(const struct answer *answer, const char *pointer)
{
    struct json_object *found = object_at(answer, pointer);
    return found ? json_object_get_string(found) : "(nothing)";
}

int64_t number_at(const struct answer *answer, const char *pointer)
{
    return json_object_get_int64(object_at(answer, pointer));
}

size_t length_at(const struct answer *answer, const char *pointer)
{
    struct json_object *found = object_at(answer, pointer);
    cr_assert(json_object_is_type(found, json_type_array), "%s is no array in %s", pointer,
              answer->text);
    return json_object_array_length(found);
}

void clinic_set_clock(const char *now)
{
    sql("CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp"
        " LANGUAGE sql STABLE RETURN timestamp '%s'",
        now);
}

const char *booking_body(int64_t doctor_id, int64_t treatment_id, const char *start)
{
    return text("{\"doctor_id\": %lld, \"treatment_id\": %lld, \"start_time\": \"%s\"}",
                (long long)doctor_id, (long long)treatment_id, start);
}

struct answer book(int64_t patient_id, int64_t doctor_id, int64_t treatment_id, const char *start)
{
    return patient_api("POST", "/appointments", patient_token(patient_id),
                       booking_body(doctor_id, treatment_id, start));
}

void expect_problem(const char *about, struct answer answer, int status, const char *code)
{
    const char *type = header(&answer, "Content-Type"), *id = header(&answer, "X-Request-Id");
    bool whole = answer.status == status && strcmp(at(&answer, "/code"), code) == 0 && type &&
                 strcmp(type, "application/problem+json") == 0 &&
                 strcmp(at(&answer, "/type"), text("urn:problem-type:hospital:%s", code)) == 0 &&
                 strlen(at(&answer, "/title")) > strlen("(nothing)") &&
                 number_at(&answer, "/status") == status &&
                 strcmp(at(&answer, "/detail"), "(nothing)") != 0 && id && *id &&
                 strcmp(at(&answer, "/request_id"), id) == 0;
    cr_expect(whole, "%s: expected a problem %d %s, got\n%s\n%s", about, status, code, answer.head,
              answer.text);
}

void expect_document(const char *got, const char *document)
{
    cr_expect(json_object_equal(json_tokener_parse(got), json_tokener_parse(document)),
              "got %s instead of %s", got, document);
}

struct volunteer {
    pthread_t thread;
    pthread_barrier_t *start;
    int number;
    void (*work)(int, void *);
    void *shared;
};

static void *volunteer_work(void *argument)
{
    struct volunteer *volunteer = argument;
    pthread_barrier_wait(volunteer->start);
    volunteer->work(volunteer->number, volunteer->shared);
    return NULL;
}

void at_once(int count, void (*work)(int number, void *shared), void *shared)
{
    pthread_barrier_t start;
    struct volunteer *volunteers = calloc((size_t)count, sizeof *volunteers);
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        volunteers[i] =
            (struct volunteer){.start = &start, .number = i, .work = work, .shared = shared};
        cr_assert(pthread_create(&volunteers[i].thread, NULL, volunteer_work, &volunteers[i]) == 0);
    }
    for (int i = 0; i < count; i++)
        pthread_join(volunteers[i].thread, NULL);
    pthread_barrier_destroy(&start);
    free(volunteers);
}
