#include "front_door.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../fastcgi.h"
#include "opinion.h"
#include "serve.h"
#include "tally.h"

enum { PATIENCE_SECONDS = 10 };

static struct pool served;
static struct worker worker;

/* In the abstract namespace, where nothing is left behind. */
static socklen_t address_of_door(struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "hospital-fuzz-%d",
                          (int)getpid());
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* libFuzzer's alarm would end a read before its time. */
static void keep_alarm_off(bool off)
{
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(off ? SIG_BLOCK : SIG_UNBLOCK, &alarm, NULL);
}

static void *serve_for_ever(void *nothing)
{
    serve(&worker);
    must(false, "the worker serves until the target ends");
    return nothing;
}

void front_door_open(struct pool pool)
{
    struct sockaddr_un address;
    socklen_t size = address_of_door(&address);
    pthread_t thread;
    served = pool;
    worker = (struct worker){
        .pool = &served,
        .settings = {.threads = 1,
                     .database_connections = 1,
                     .access_token_minutes = 15,
                     .refresh_token_days = 30},
        .hashing = hashing_new(1, 1),
        .token_key = {fuzz_key.secret, pool.audience},
        .also_key = {"", pool.audience},
        .schema_fits = true,
        .tally = tally_open(&served, "", stderr),
    };
    int door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(door, (struct sockaddr *)&address, size) == 0 && listen(door, 16) == 0,
         "there is a socket");
    must(dup2(door, STDIN_FILENO) == STDIN_FILENO && close(door) == 0, "it is descriptor 0");
    keep_alarm_off(true);
    must(pthread_create(&thread, NULL, serve_for_ever, NULL) == 0, "there is a thread");
    keep_alarm_off(false);
}

/* All that comes back; NULL: the worker has closed the connection, or is silent for too long. */
static char *ask(const char *const parameters[], const char *body, size_t length)
{
    struct sockaddr_un address;
    socklen_t size = address_of_door(&address);
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    must(connect(connection, (struct sockaddr *)&address, size) == 0, "the door is open");
    must(fastcgi_send(connection, parameters, body, length, false), "the request is taken");
    char *received = fastcgi_receive(connection);
    close(connection);
    return received;
}

struct came_back front_door_ask(const char *const parameters[], const char *body, size_t length)
{
    keep_alarm_off(true);
    struct came_back answer = {.head = ask(parameters, body, length)};
    keep_alarm_off(false);
    must(answer.head != NULL, "the request is answered");
    char *end = strstr(answer.head, "\r\n\r\n");
    must(end && sscanf(answer.head, "Status: %d ", &answer.status) == 1, "there is a status");
    end[2] = '\0';
    answer.body = end + 4;
    answer.length = strlen(answer.body);
    return answer;
}

const char *front_door_header(struct arena *arena, const struct came_back *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = answer->head; *line; line = strstr(line, "\r\n") + 2)
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return arena_copy(arena, line + length + 2, strcspn(line + length + 2, "\r"));
    return NULL;
}

static void judge_head(const struct came_back *answer)
{
    static const char *const names[] = {
        "Status",        "X-Request-Id", "Cache-Control",       "Location",         "ETag",
        "Allow",         "Retry-After",  "Idempotent-Replayed", "WWW-Authenticate", "Content-Type",
        "Content-Length"};
    enum { NAMES = sizeof names / sizeof *names };
    int seen[NAMES] = {0};
    for (const char *line = answer->head; *line; line = strstr(line, "\r\n") + 2) {
        size_t i = 0, length = strcspn(line, ":\r\n");
        while (i < NAMES && (strlen(names[i]) != length || memcmp(names[i], line, length) != 0))
            i++;
        must(i < NAMES && seen[i]++ == 0, "a header is ours, and there once: %s", line);
        must(line[strcspn(line, "\r\n")] == '\r', "a header ends with CR LF: %s", line);
    }
}

static void judge_problem(struct arena *arena, const struct came_back *answer,
                          const struct opinion *problem)
{
    const char *code = opinion_text(opinion_member(problem, "code"));
    must(code && *code && opinion_text(opinion_member(problem, "title")) &&
             opinion_text(opinion_member(problem, "detail")) &&
             opinion_integer(opinion_member(problem, "status")) == answer->status,
         "a problem is whole: %s", answer->body);
    const char *id = opinion_text(opinion_member(problem, "request_id"));
    must(id && strcmp(id, front_door_header(arena, answer, "X-Request-Id")) == 0,
         "a problem has the request's id");
    must(answer->status != 503 || front_door_header(arena, answer, "Retry-After"),
         "503 says when to come back");
    must(answer->status != 401 || front_door_header(arena, answer, "WWW-Authenticate"),
         "401 says how to log in");
}

void front_door_judge(struct arena *arena, const struct came_back *answer)
{
    judge_head(answer);
    must(front_door_header(arena, answer, "X-Request-Id"), "an answer has an id");
    const char *type = front_door_header(arena, answer, "Content-Type");
    const char *length = front_door_header(arena, answer, "Content-Length");
    if (!type) {
        must(answer->status == 204 && answer->length == 0 && !length, "nothing is 204");
        return;
    }
    must(length && strtoul(length, NULL, 10) == answer->length, "a body has its length");
    struct opinion *body = opinion_of(answer->body, answer->length, NULL);
    must(body != NULL, "a body is JSON: %s", answer->body);
    must(strcmp(type, answer->status < 400 ? "application/json" : "application/problem+json") == 0,
         "a body says what it is");
    if (answer->status >= 400)
        judge_problem(arena, answer, body);
    opinion_free(body);
}
