#include "db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deadline.h"
#include "hosts.h"
#include "lending.h"
#include "offer.h"
#include "refusal.h"

enum { MOST_STATEMENTS = 128, MOST_TRIES = 4 };

/* How a statement's time is shared out. The server gives up before the worker does, however late
 * the statement got its connection: so it never goes on with what the caller has been told was in
 * vain. */
enum { WAIT_FOR_CONNECTION = 4, SERVER_PATIENCE = 5, WHOLE = 10 };

struct connection {
    PGconn *pg; /* NULL: not connected */
    int host;   /* that it leads to, by the number that lib/hosts.c gives it */
    const struct statement *prepared[MOST_STATEMENTS];
    int prepared_count;
    bool warned; /* the server warned while it ran a statement */
};

struct database {
    struct hosts *hosts;
    struct offers *offers;
    int timeout_ms;
    struct lending *idle;             /* connections that nobody uses */
    _Atomic int64_t unanswered_since; /* by now_ms(); 0: what was asked last was answered */
    int connection_count;
    struct connection *connections;
};

/* How one try at a statement went. */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_REFUSED,
    OUTCOME_CONFLICT,   /* deadlock or serialization failure: it was rolled back */
    OUTCOME_NOT_SENT,   /* the connection was gone before the statement went out */
    OUTCOME_LOST,       /* ... after it went out: it may have been carried out */
    OUTCOME_UNAVAILABLE /* no time left, or the server cannot */
};

/* The hosts of the URL; NULL: no memory. */
static struct hosts *find_hosts(const char *url, int timeout_ms)
{
    char *options;
    int patience = timeout_ms * SERVER_PATIENCE / WHOLE;
    /* One plan for each statement: making it anew takes longer than most of them. Dates and lengths
     * of time are shown as the schema's functions and lib/facts.c read them. */
    if (asprintf(
            &options,
            "-c statement_timeout=%d -c lock_timeout=%d -c client_connection_check_interval=1s"
            " -c idle_in_transaction_session_timeout=10s -c search_path=public -c jit=off"
            " -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c plan_cache_mode=force_generic_plan",
            patience, patience) < 0)
        return NULL;
    struct hosts *hosts = hosts_new(url, options);
    free(options);
    return hosts;
}

struct database *database_new(const char *url, int connections, int timeout_ms)
{
    struct database *database = calloc(1, sizeof *database);
    if (!database)
        return NULL;
    database->timeout_ms = timeout_ms;
    database->connection_count = connections;
    database->connections = calloc((size_t)connections, sizeof *database->connections);
    database->idle = lending_new(connections);
    database->hosts = find_hosts(url, timeout_ms);
    database->offers = offers_new();
    if (!database->connections || !database->idle || !database->hosts || !database->offers) {
        database_free(database);
        return NULL;
    }
    for (int i = 0; i < connections; i++)
        lending_give(database->idle, &database->connections[i]);
    return database;
}

static void disconnect(struct connection *connection)
{
    PQfinish(connection->pg);
    connection->pg = NULL;
    connection->prepared_count = 0;
}

void database_free(struct database *database)
{
    if (!database)
        return;
    for (int i = 0; database->connections && i < database->connection_count; i++)
        disconnect(&database->connections[i]);
    offers_free(database->offers);
    lending_free(database->idle);
    free(database->connections);
    hosts_free(database->hosts);
    free(database);
}

/* Closes a connection on which something went wrong. A host that says nothing, or takes no more
 * writes, is not the first to be asked from then on. */
static void abandon(const struct db *db, struct connection *connection)
{
    if (connection->pg && (now_ms() >= db->deadline || strcmp(db->sqlstate, "25006") == 0))
        hosts_doubt(db->database->hosts, connection->host);
    disconnect(connection);
}

void database_show(struct database *database, struct lending_state *state, _Atomic int64_t *waits)
{
    lending_show(database->idle, state, waits);
}

struct db db_begin(struct database *database, struct arena *arena)
{
    return (struct db){.database = database, .arena = arena, .offers = database->offers};
}

/* When the statement must have been sent, for the server to give up before the worker does. */
static int64_t latest_start(const struct db *db)
{
    return db->deadline - (int64_t)db->database->timeout_ms * (WHOLE - WAIT_FOR_CONNECTION) / WHOLE;
}

/*
 * Until when to wait for a connection. Where the server has been silent for as long as that may
 * take, it is in vain, and keeps a thread from whoever comes next: so that when the database does
 * not answer, not even those wait long who outnumber the threads. What was asked long ago proves
 * nothing; the silence is measured anew then.
 */
static int64_t latest_connection(const struct db *db)
{
    struct database *database = db->database;
    int64_t now = now_ms(), since = atomic_load(&database->unanswered_since);
    int64_t patience = (int64_t)database->timeout_ms * WAIT_FOR_CONNECTION / WHOLE;
    if (since > 0 && now - since > patience && now - since < 2 * (int64_t)database->timeout_ms)
        return now;
    if (since == 0 || now - since > patience)
        atomic_compare_exchange_strong(&database->unanswered_since, &since, now);
    return latest_start(db);
}

/* A warning (SQLSTATE class 01) at commit means that a synchronous standby did not confirm. */
static void note_warning(void *connection, const PGresult *notice)
{
    const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    if (state && strncmp(state, "01", 2) == 0)
        ((struct connection *)connection)->warned = true;
}

static bool connect_in_time(const struct db *db, struct connection *connection, FILE *complaints)
{
    connection->pg =
        hosts_connect(db->database->hosts, db->deadline, complaints, &connection->host);
    if (connection->pg)
        PQsetNoticeReceiver(connection->pg, note_warning, connection);
    return connection->pg != NULL;
}

bool database_reach(struct database *database, FILE *complaints)
{
    struct db db = {.database = database, .deadline = now_ms() + database->timeout_ms};
    struct connection *connection = lending_take(database->idle, latest_start(&db));
    if (!connection) {
        fprintf(complaints, "All connections to the database are in use.\n");
        return false;
    }
    bool reached = connection->pg || connect_in_time(&db, connection, complaints);
    lending_give(database->idle, connection);
    return reached;
}

/* An idle connection has nothing to say; if it does, the server has closed it. */
static bool is_stale(const struct connection *connection)
{
    struct pollfd socket = {.fd = PQsocket(connection->pg), .events = POLLIN};
    return PQstatus(connection->pg) != CONNECTION_OK || poll(&socket, 1, 0) != 0;
}

/* The answer to what was sent last, whole. NULL: the connection is lost, or late. */
static PGresult *receive(const struct db *db, struct connection *connection)
{
    for (int unsent; (unsent = PQflush(connection->pg)) != 0;)
        if (unsent < 0 || !await_socket(PQsocket(connection->pg), POLLIN | POLLOUT, db->deadline) ||
            !PQconsumeInput(connection->pg))
            return NULL;
    PGresult *last = NULL;
    for (;;) {
        while (PQisBusy(connection->pg))
            if (!await_socket(PQsocket(connection->pg), POLLIN, db->deadline) ||
                !PQconsumeInput(connection->pg)) {
                PQclear(last);
                return NULL;
            }
        PGresult *next = PQgetResult(connection->pg);
        if (!next) {
            atomic_store(&db->database->unanswered_since, 0);
            return last;
        }
        PQclear(last);
        last = next;
    }
}

static void release_result(void *result)
{
    PQclear(result);
}

/* What the server's refusal means: by the name of the constraint, else by its SQLSTATE. */
static enum outcome judge_error(struct db *db, const PGresult *result,
                                const struct problem **problem)
{
    static const struct {
        const char *state; /* or the beginning of it */
        enum outcome outcome;
    } states[] = {
        {"40001", OUTCOME_CONFLICT},    {"40P01", OUTCOME_CONFLICT}, {"55P03", OUTCOME_UNAVAILABLE},
        {"57014", OUTCOME_UNAVAILABLE}, {"53", OUTCOME_UNAVAILABLE}, {"57P", OUTCOME_LOST},
        {"25006", OUTCOME_NOT_SENT},    {"08", OUTCOME_LOST},
    };
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (!state)
        return OUTCOME_LOST;
    strncpy(db->sqlstate, state, sizeof db->sqlstate - 1);
    if (constraint && (*problem = refusal_by_constraint(db->arena, constraint))) {
        if (hint) /* our triggers give some; PostgreSQL has none for constraints */
            *problem = problem_detail(db->arena, *problem, "%s", hint);
        return OUTCOME_REFUSED;
    }
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
            return states[i].outcome;
    *problem = &problem_internal_error;
    return OUTCOME_REFUSED;
}

static enum outcome judge(struct db *db, PGresult *result, const struct rows **rows,
                          const struct problem **problem)
{
    if (!result)
        return now_ms() >= db->deadline ? OUTCOME_UNAVAILABLE : OUTCOME_LOST;
    arena_defer(db->arena, release_result, result);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        return judge_error(db, result, problem);
    *rows = (const struct rows *)result;
    return OUTCOME_DONE;
}

static bool is_prepared(const struct connection *connection, const struct statement *statement)
{
    for (int i = 0; i < connection->prepared_count; i++)
        if (connection->prepared[i] == statement)
            return true;
    return false;
}

static enum outcome prepare(struct db *db, struct connection *connection,
                            const struct statement *statement, const struct problem **problem)
{
    const struct rows *nothing;
    if (is_prepared(connection, statement))
        return OUTCOME_DONE;
    if (connection->prepared_count == MOST_STATEMENTS ||
        !PQsendPrepare(connection->pg, statement->name, statement->sql, 0, NULL))
        return OUTCOME_NOT_SENT;
    enum outcome outcome = judge(db, receive(db, connection), &nothing, problem);
    if (outcome == OUTCOME_DONE)
        connection->prepared[connection->prepared_count++] = statement;
    return outcome == OUTCOME_LOST ? OUTCOME_NOT_SENT : outcome;
}

/* Makes sure that there is a connection that can take what must not be sent twice. */
static bool connect_if_needed(const struct db *db, struct connection *connection)
{
    if (connection->pg && is_stale(connection))
        disconnect(connection);
    return connection->pg || connect_in_time(db, connection, NULL);
}

static enum outcome execute(struct db *db, struct connection *connection,
                            const struct statement *statement, const char *const *parameters,
                            const struct rows **rows, const struct problem **problem)
{
    enum outcome prepared = prepare(db, connection, statement, problem);
    if (prepared != OUTCOME_DONE)
        return prepared;
    connection->warned = false;
    if (!PQsendQueryPrepared(connection->pg, statement->name, statement->parameters, parameters,
                             NULL, NULL, statement->binary))
        return OUTCOME_NOT_SENT;
    enum outcome outcome = judge(db, receive(db, connection), rows, problem);
    bool unconfirmed = outcome == OUTCOME_DONE && statement->writes && connection->warned;
    return unconfirmed ? OUTCOME_UNAVAILABLE : outcome;
}

/* BEGIN, COMMIT or ROLLBACK. Of a COMMIT only the server's "COMMIT", without a warning, will do. */
static enum outcome command(struct db *db, struct connection *connection, const char *word)
{
    const struct rows *nothing;
    const struct problem *problem;
    connection->warned = false;
    if (!PQsendQuery(connection->pg, word))
        return OUTCOME_NOT_SENT;
    PGresult *result = receive(db, connection);
    enum outcome outcome = judge(db, result, &nothing, &problem);
    if (outcome == OUTCOME_DONE && (connection->warned || strcmp(PQcmdStatus(result), word) != 0))
        outcome = OUTCOME_UNAVAILABLE;
    return outcome;
}

/* Ends a transaction that is not to be, and leaves the connection usable or closed. */
static void roll_back(struct db *db, struct connection *connection)
{
    PGTransactionStatusType status = PQtransactionStatus(connection->pg);
    bool told = status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
    if (status != PQTRANS_IDLE && (!told || command(db, connection, "ROLLBACK") != OUTCOME_DONE))
        abandon(db, connection);
}

/* Opens the request's transaction, and runs its first write in it. */
static enum outcome begin_with(struct db *db, struct connection *connection,
                               const struct statement *statement, const char *const *parameters,
                               const struct rows **rows, const struct problem **problem)
{
    enum outcome outcome = command(db, connection, "BEGIN");
    if (outcome == OUTCOME_DONE)
        outcome = execute(db, connection, db->opening, db->opening_parameters, rows, problem);
    if (outcome == OUTCOME_DONE)
        outcome = execute(db, connection, statement, parameters, rows, problem);
    if (outcome == OUTCOME_DONE)
        db->transaction = connection;
    else
        roll_back(db, connection);
    return outcome == OUTCOME_LOST ? OUTCOME_NOT_SENT : outcome; /* nothing was committed */
}

static enum outcome try_once(struct db *db, struct connection *connection,
                             const struct statement *statement, const char *const *parameters,
                             const struct rows **rows, const struct problem **problem)
{
    bool ready = statement->writes ? connect_if_needed(db, connection)
                                   : connection->pg || connect_in_time(db, connection, NULL);
    if (!ready)
        return OUTCOME_UNAVAILABLE;
    if (statement->writes && db->opening)
        return begin_with(db, connection, statement, parameters, rows, problem);
    return execute(db, connection, statement, parameters, rows, problem);
}

/* A few milliseconds, different for each rival. */
static void pause_before_retry(const struct db *db, int tries)
{
    long spread = (long)((uintptr_t)db->arena / 64 % 8 + 1);
    struct timespec pause = {.tv_nsec = spread * tries * 1000000};
    nanosleep(&pause, NULL);
}

/* Whether the outcome asks for another try, the statement surely not having been carried out. */
static bool may_try_again(const struct statement *statement, enum outcome outcome)
{
    return outcome == OUTCOME_CONFLICT || outcome == OUTCOME_NOT_SENT ||
           (outcome == OUTCOME_LOST && !statement->writes);
}

static bool is_usable(const struct connection *connection, enum outcome outcome)
{
    return outcome == OUTCOME_DONE || outcome == OUTCOME_REFUSED || outcome == OUTCOME_CONFLICT ||
           (outcome == OUTCOME_UNAVAILABLE && connection->pg &&
            PQtransactionStatus(connection->pg) == PQTRANS_IDLE);
}

/* What befalls one statement of a transaction befalls all of it. */
static const struct problem *run_in_transaction(struct db *db, const struct statement *statement,
                                                const char *const *parameters,
                                                const struct rows **rows)
{
    const struct problem *problem = &problem_unavailable;
    enum outcome outcome = execute(db, db->transaction, statement, parameters, rows, &problem);
    if (outcome == OUTCOME_DONE)
        return NULL;
    db_roll_back(db);
    return problem;
}

const struct problem *db_run(struct db *db, const struct statement *statement,
                             const char *const *parameters, const struct rows **rows)
{
    if (db->transaction)
        return run_in_transaction(db, statement, parameters, rows);
    db->deadline = now_ms() + db->database->timeout_ms;
    for (int tries = 1;; tries++) {
        struct connection *connection = lending_take(db->database->idle, latest_connection(db));
        if (!connection)
            return &problem_unavailable;
        const struct problem *problem = &problem_unavailable;
        enum outcome outcome = try_once(db, connection, statement, parameters, rows, &problem);
        if (db->transaction)
            return NULL;
        if (!is_usable(connection, outcome))
            abandon(db, connection);
        lending_give(db->database->idle, connection);
        if (outcome == OUTCOME_DONE)
            return NULL;
        if (!may_try_again(statement, outcome) || tries == MOST_TRIES ||
            now_ms() > latest_start(db))
            return problem;
        pause_before_retry(db, tries);
    }
}

void db_write_together(struct db *db, const struct statement *opening,
                       const char *const *parameters)
{
    db->opening = opening;
    db->opening_parameters = parameters;
}

/* Takes leave of the transaction; whoever calls has ended it. */
static void end_transaction(struct db *db)
{
    lending_give(db->database->idle, db->transaction);
    db->transaction = NULL;
}

void db_roll_back(struct db *db)
{
    if (!db->transaction)
        return;
    roll_back(db, db->transaction);
    end_transaction(db);
}

const struct problem *db_commit(struct db *db, const struct statement *closing,
                                const char *const *parameters)
{
    const struct rows *nothing;
    db->opening = NULL;
    const struct problem *problem = db_run(db, closing, parameters, &nothing);
    if (problem || !db->transaction)
        return problem;
    if (command(db, db->transaction, "COMMIT") != OUTCOME_DONE) {
        abandon(db, db->transaction);
        problem = &problem_unavailable;
    }
    end_transaction(db);
    return problem;
}

/* Rows are libpq's result under a name that only this file can see through. */
static const PGresult *result_of(const struct rows *rows)
{
    return (const PGresult *)rows;
}

int rows_count(const struct rows *rows)
{
    return PQntuples(result_of(rows));
}

int rows_columns(const struct rows *rows)
{
    return PQnfields(result_of(rows));
}

bool rows_null(const struct rows *rows, int row, int column)
{
    return PQgetisnull(result_of(rows), row, column) != 0;
}

const char *rows_text(const struct rows *rows, int row, int column)
{
    return PQgetvalue(result_of(rows), row, column);
}

size_t rows_length(const struct rows *rows, int row, int column)
{
    return (size_t)PQgetlength(result_of(rows), row, column);
}
