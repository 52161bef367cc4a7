/*
 * How a kept connection stays cheap: libfcgi would let it occupy a thread until its next request.
 * Here an idle connection waits in an epoll set that all threads share, and costs a descriptor. A
 * thread takes whatever is ready, a new connection or a request on a kept one, lets libfcgi read
 * and answer that one request, and puts the connection back.
 *
 * For that this file sets FCGX_Request's ipcFd, keepConnection and nothing else of what fcgiapp.h
 * asks to leave alone.
 */
#include "serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "log.h"
#include "reply.h"
#include "tally.h"

enum {
    LISTENER = STDIN_FILENO,
    MOST_CONTENT = 64 * 1024,
    MOST_DESCRIPTORS = 1024, /* libfcgi closes with select(), which knows no more */
    PEER_PATIENCE_SECONDS = 10,
    OTHER_DESCRIPTORS = 16, /* the log, the epoll set, what libraries open for a moment */
    QUIET_BEFORE_END_MS = 100,
    SECONDS_FOR_KEPT_CONNECTIONS = 1, /* longer than the gateway keeps one */
    SECONDS_TO_END = 4,
    STACK_SIZE = 512 * 1024,
    WAKE_UP = SIGUSR2,
    MOST_ACCEPTED_AT_ONCE = 16,
    MOST_THREADS = 256, /* as in the settings table */
};

struct server {
    struct worker *worker;
    int epoll;
    int most_kept; /* connections; beyond that they are closed when they have been answered */
    atomic_int connections;
    atomic_bool stopping; /* no new connections */
    atomic_bool closing;  /* nor kept ones */
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A copy of a parameter in the request's arena; NULL: it is absent or empty. */
static const char *parameter(struct request *request, const FCGX_Request *fcgx, const char *name)
{
    const char *value = FCGX_GetParam(name, fcgx->envp);
    return value && *value ? arena_copy(request->arena, value, strlen(value)) : NULL;
}

/* The gateway's request id, if it is one that may stand in a log line; else a new one. */
static const char *read_id(struct request *request, const FCGX_Request *fcgx)
{
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    enum { MOST = 64 };
    const char *id = parameter(request, fcgx, "REQUEST_ID");
    if (id && strlen(id) <= MOST && id[strspn(id, allowed)] == '\0')
        return id;
    uint64_t random[2] = {0};
    if (getrandom(random, sizeof random, GRND_NONBLOCK) < 0)
        random[0] = (uint64_t)now_us();
    return arena_printf(request->arena, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
}

/* Reads the body, all that CONTENT_LENGTH promises. Refused: `too_large`, unread; `bad_request`
 * when less arrives. */
static const struct problem *read_content(struct request *request, FCGX_Request *fcgx)
{
    const char *length_text = FCGX_GetParam("CONTENT_LENGTH", fcgx->envp);
    if (!length_text)
        length_text = "";
    if (length_text[strspn(length_text, "0123456789")]) /* strtoul() takes signs and spaces */
        return &problem_bad_request;
    unsigned long length = strtoul(length_text, NULL, 10);
    if (length > MOST_CONTENT)
        return &problem_too_large;
    char *content = arena_alloc(request->arena, length + 1);
    for (size_t have = 0; have < length;) {
        int got = FCGX_GetStr(content + have, (int)(length - have), fcgx->in);
        if (got <= 0)
            return &problem_bad_request;
        have += (size_t)got;
    }
    request->content = content;
    request->content_length = length;
    return NULL;
}

/* Reads what is left of the body, its last record at least, which would else be taken for the next
 * request on the connection. False: there is too much of it, or the peer has gone. */
static bool read_rest(FCGX_Stream *in)
{
    char rest[4096];
    for (int read = 0; read <= MOST_CONTENT; read += (int)sizeof rest)
        if (FCGX_GetStr(rest, sizeof rest, in) < (int)sizeof rest)
            return FCGX_GetError(in) == 0;
    return false;
}

static void read_parameters(struct request *request, const FCGX_Request *fcgx)
{
    request->id = read_id(request, fcgx);
    request->method = parameter(request, fcgx, "REQUEST_METHOD");
    request->path = parameter(request, fcgx, "DOCUMENT_URI");
    request->query_string = parameter(request, fcgx, "QUERY_STRING");
    request->content_type = parameter(request, fcgx, "CONTENT_TYPE");
    request->authorization = parameter(request, fcgx, "HTTP_AUTHORIZATION");
    request->cookie = parameter(request, fcgx, "HTTP_COOKIE");
    request->session = parameter(request, fcgx, "HTTP_X_SESSION");
    request->fetch_site = parameter(request, fcgx, "HTTP_SEC_FETCH_SITE");
    request->origin = parameter(request, fcgx, "HTTP_ORIGIN");
    request->host = parameter(request, fcgx, "HTTP_HOST");
    request->https = parameter(request, fcgx, "HTTPS") != NULL;
    request->if_match = parameter(request, fcgx, "HTTP_IF_MATCH");
    request->if_none_match = parameter(request, fcgx, "HTTP_IF_NONE_MATCH");
    request->idempotency_key = parameter(request, fcgx, "HTTP_IDEMPOTENCY_KEY");
    request->address = parameter(request, fcgx, "REMOTE_ADDR");
    if (!request->query_string)
        request->query_string = "";
}

static const char *reason_of(int status)
{
    switch (status) {
#define REASON(STATUS, REASON)                                                                     \
    case STATUS:                                                                                   \
        return REASON;
        STATUSES(REASON)
#undef REASON
    default:
        return "";
    }
}

static void write_reply(const struct request *request, const struct reply *reply, FCGX_Stream *out)
{
    FCGX_FPrintF(out, "Status: %d %s\r\nX-Request-Id: %s\r\nCache-Control: no-store\r\n",
                 reply->status, reason_of(reply->status), request->id);
    if (reply->location)
        FCGX_FPrintF(out, "Location: %s\r\n", reply->location);
    if (reply->tag)
        FCGX_FPrintF(out, "ETag: %s\r\n", reply->tag);
    if (reply->allow)
        FCGX_FPrintF(out, "Allow: %s\r\n", reply->allow);
    for (size_t i = 0; i < sizeof reply->cookies / sizeof *reply->cookies; i++)
        if (reply->cookies[i])
            FCGX_FPrintF(out, "Set-Cookie: %s\r\n", reply->cookies[i]);
    if (reply->replayed)
        FCGX_PutS("Idempotent-Replayed: true\r\n", out);
    if (reply->status == 401)
        FCGX_PutS("WWW-Authenticate: Bearer\r\n", out);
    if (reply->retry_after)
        FCGX_FPrintF(out, "Retry-After: %d\r\n", reply->retry_after);
    if (reply->body)
        FCGX_FPrintF(out, "Content-Type: %s\r\nContent-Length: %d\r\n", reply->content_type,
                     (int)reply->length);
    FCGX_PutS("\r\n", out);
    if (reply->body)
        FCGX_PutStr(reply->body, (int)reply->length, out);
}

static void answer_request(struct worker *worker, struct arena *arena, FCGX_Request *fcgx)
{
    int64_t begun = now_us();
    struct request request = {
        .worker = worker, .arena = arena, .db = db_begin(worker->database, arena)};
    struct reply reply = {0};
    read_parameters(&request, fcgx);
    const struct problem *problem = read_content(&request, fcgx);
    if (!read_rest(fcgx->in))
        fcgx->keepConnection = 0;
    if (!request.method || !request.path)
        problem = &problem_bad_request;
    if (problem)
        reply_problem(&request, &reply, problem);
    else
        route_answer(&request, &reply);
    write_reply(&request, &reply, fcgx->out);
    int64_t microseconds = now_us() - begun;
    log_request(&request, &reply, microseconds);
    tally_answer(worker->tally, &request, &reply, microseconds);
}

static void close_connection(struct server *server, int connection)
{
    close(connection);
    atomic_fetch_sub(&server->connections, 1);
}

static void watch(struct server *server, int operation, int connection)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
                                .data.fd = connection};
    if (epoll_ctl(server->epoll, operation, connection, &event) != 0)
        close_connection(server, connection);
}

static bool accept_connection(struct server *server)
{
    int connection = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
        struct timespec pause = {.tv_nsec = 10000000};
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            nanosleep(&pause, NULL);
        return false; /* else no more are waiting */
    }
    struct timeval patience = {.tv_sec = PEER_PATIENCE_SECONDS};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    atomic_fetch_add(&server->connections, 1);
    watch(server, EPOLL_CTL_ADD, connection);
    return true;
}

/* Takes several at a time, or kept connections would be served many times before a new one is;
 * not all, or the sibling processes would have nothing to do. */
static void accept_connections(struct server *server)
{
    for (int i = 0; i < MOST_ACCEPTED_AT_ONCE && accept_connection(server); i++)
        ;
}

/* Whether a connection may stay open while it says nothing: it must not keep out who comes next. */
static bool may_keep(const struct server *server)
{
    return !atomic_load(&server->closing) && atomic_load(&server->connections) <= server->most_kept;
}

/* Answers the request that is waiting on a connection, and keeps the connection if it may. */
static void serve_connection(struct server *server, struct arena *arena, FCGX_Request *fcgx,
                             int connection)
{
    counter *busy = &tally_own(server->worker->tally)->gauges.busy;
    atomic_fetch_add(busy, 1);
    fcgx->ipcFd = connection;
    fcgx->keepConnection = 1; /* else libfcgi closes it as if left over from the last request */
    bool read = FCGX_Accept_r(fcgx) == 0;
    if (read) {
        answer_request(server->worker, arena, fcgx);
        fcgx->keepConnection = fcgx->keepConnection && may_keep(server);
        FCGX_Finish_r(fcgx);
        arena_reset(arena);
    }
    atomic_fetch_sub(busy, 1);
    if (!read || fcgx->ipcFd < 0) { /* libfcgi has closed it */
        atomic_fetch_sub(&server->connections, 1);
        return;
    }
    watch(server, EPOLL_CTL_MOD, fcgx->ipcFd);
    fcgx->ipcFd = -1;
}

/* Whether the peer has gone without leaving a request behind. */
static bool was_abandoned(const struct epoll_event *event)
{
    char byte;
    return event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) &&
           recv(event->data.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* A worker that stops lets the gateway close its kept connections, which it does soon
 * (keepalive_time): if the worker closed one, a request might be on its way there, and be lost. */
static bool may_leave(const struct server *server)
{
    return atomic_load(&server->closing) || atomic_load(&server->connections) == 0;
}

/* A thread: takes whatever is ready, until the worker stops and nothing has come for a while. */
static void *serve_until_stopped(void *argument)
{
    struct server *server = argument;
    struct arena *arena = arena_new();
    FCGX_Request fcgx;
    sigset_t all_but_the_wake_up;
    FCGX_InitRequest(&fcgx, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    sigfillset(&all_but_the_wake_up);
    sigdelset(&all_but_the_wake_up, WAKE_UP);
    for (;;) {
        struct epoll_event event;
        bool stopping = atomic_load(&server->stopping);
        int ready = epoll_pwait(server->epoll, &event, 1, stopping ? QUIET_BEFORE_END_MS : -1,
                                &all_but_the_wake_up);
        if (ready == 0 && may_leave(server))
            break;
        if (ready <= 0)
            continue;
        if (event.data.fd == LISTENER)
            accept_connections(server);
        else if (was_abandoned(&event))
            close_connection(server, event.data.fd);
        else
            serve_connection(server, arena, &fcgx, event.data.fd);
    }
    arena_free(arena);
    return NULL;
}

/* Not EPOLLEXCLUSIVE: the one worker that is woken may be ending, or dying, and then nobody accepts
 * the connection before the next one comes. */
static bool watch_listener(struct server *server)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = LISTENER};
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    return fcntl(LISTENER, F_SETFL, fcntl(LISTENER, F_GETFL) | O_NONBLOCK) == 0 &&
           server->epoll >= 0 && epoll_ctl(server->epoll, EPOLL_CTL_ADD, LISTENER, &event) == 0;
}

static int limit_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MOST_DESCRIPTORS;
    if (limit.rlim_cur > MOST_DESCRIPTORS) {
        limit.rlim_cur = MOST_DESCRIPTORS;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return (int)limit.rlim_cur;
}

/* An idle connection costs no thread, only a descriptor. Half of those stay free for who comes
 * next. False: there are too few for the threads that were asked for. */
static bool share_descriptors(struct server *server)
{
    const struct settings *settings = &server->worker->settings;
    int threads = (int)settings->threads;
    int others = OTHER_DESCRIPTORS + (int)settings->database_connections;
    int limit = limit_descriptors();
    server->most_kept = (limit - others) / 2;
    if (server->most_kept >= threads)
        return true;
    fprintf(stderr,
            "WORKER_THREADS is %d and DATABASE_CONNECTIONS %" PRId64 ", which takes %d open files; "
            "the limit is %d. Raise it (ulimit -n), or lower WORKER_THREADS.\n",
            threads, settings->database_connections, others + 2 * threads, limit);
    return false;
}

static void do_nothing(int signal)
{
    (void)signal;
}

/* Threads take no signals, except for the wake-up, and that only while they wait. */
static void block_signals(sigset_t *ends)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1};
    struct sigaction wake_up = {.sa_handler = do_nothing};
    sigaction(WAKE_UP, &wake_up, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(ends);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(ends, ending[i]);
    sigset_t blocked = *ends;
    sigaddset(&blocked, WAKE_UP);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

static int start_threads(struct server *server, pthread_t threads[], int wanted)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    int started = 0;
    while (started < wanted &&
           pthread_create(&threads[started], &attributes, serve_until_stopped, server) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    return started;
}

/* Waits so long for threads to end; how many have. */
static int join_threads(pthread_t threads[], int count, int seconds)
{
    int joined = 0;
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += seconds;
    while (joined < count && pthread_timedjoin_np(threads[joined], NULL, &deadline) == 0)
        joined++;
    return joined;
}

/* Lets the threads finish. A peer that is in the middle of saying something is not waited for. */
static void stop_threads(struct server *server, pthread_t threads[], int count)
{
    epoll_ctl(server->epoll, EPOLL_CTL_DEL, LISTENER, NULL);
    atomic_store(&server->stopping, true);
    for (int i = 0; i < count; i++)
        pthread_kill(threads[i], WAKE_UP);
    int ended = join_threads(threads, count, SECONDS_FOR_KEPT_CONNECTIONS);
    atomic_store(&server->closing, true);
    ended +=
        join_threads(threads + ended, count - ended, SECONDS_TO_END - SECONDS_FOR_KEPT_CONNECTIONS);
    if (ended == count)
        return;
    log_event(server->worker->pool, "stopped without waiting for a silent peer");
    _exit(EXIT_SUCCESS);
}

int serve(struct worker *worker)
{
    struct server server = {.worker = worker};
    pthread_t threads[MOST_THREADS];
    sigset_t ends;
    int signal;
    if (!share_descriptors(&server))
        return EXIT_FAILURE;
    block_signals(&ends);
    if (FCGX_Init() != 0 || !watch_listener(&server)) {
        log_event(worker->pool, "cannot serve the socket on descriptor 0");
        return EXIT_FAILURE;
    }
    int wanted = (int)worker->settings.threads;
    int started = start_threads(&server, threads, wanted);
    log_event(worker->pool, started == wanted ? "serving" : "cannot start all threads");
    if (started == wanted)
        sigwait(&ends, &signal);
    stop_threads(&server, threads, started);
    close(server.epoll);
    log_event(worker->pool, "stopped");
    return started == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
