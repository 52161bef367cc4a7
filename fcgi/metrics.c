/* The pool's counters as Prometheus reads them: its text format, version 0.0.4. */
#include <inttypes.h>
#include <string.h>

#include "endpoints.h"
#include "tally.h"
#include "text.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is being written. */
struct sheet {
    struct text text;
    const struct pool *pool;
    const struct slot *sum;
};

static int64_t read_counter(const counter *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static void begin(struct sheet *sheet, const char *name, const char *type, const char *help)
{
    text_print(&sheet->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A metric that is one number. */
static void add_number(struct sheet *sheet, const char *name, const char *type, const char *help,
                       int64_t number)
{
    begin(sheet, name, type, help);
    text_print(&sheet->text, "%s{pool=\"%s\"} %" PRId64 "\n", name, sheet->pool->name, number);
}

static void add_usage(struct sheet *sheet)
{
    const struct gauges *gauges = &sheet->sum->gauges;
    const struct {
        const char *name, *help;
        int64_t number;
    } rows[] = {
        {"hospital_workers", "Worker processes that run.", read_counter(&gauges->workers)},
        {"hospital_threads", "Their threads.", read_counter(&gauges->threads)},
        {"hospital_threads_busy", "Threads with a request, but for the one that says this.",
         read_counter(&gauges->busy) - 1},
        {"hospital_database_connections", "Database connections that they may have.",
         read_counter(&gauges->connections)},
        {"hospital_database_connections_in_use", "Database connections that threads have.",
         read_counter(&gauges->lent.lent)},
        {"hospital_database_connections_awaited", "Threads that wait for a database connection.",
         read_counter(&gauges->lent.waiting)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_number(sheet, rows[i].name, "gauge", rows[i].help, rows[i].number);
}

static void add_totals(struct sheet *sheet)
{
    const struct totals *totals = &sheet->sum->totals;
    const struct {
        const char *name, *help;
        const counter *from;
    } rows[] = {
        {"hospital_worker_starts_total", "Worker processes that were started.", &totals->starts},
        {"hospital_database_waits_total", "Times that a thread waited for a database connection.",
         &totals->waits},
        {"hospital_bookings_total", "Appointments booked.", &totals->bookings},
        {"hospital_idempotent_replays_total", "Answers given again to an Idempotency-Key.",
         &totals->replays},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_number(sheet, rows[i].name, "counter", rows[i].help, read_counter(rows[i].from));
}

/* Each code from the start, or its first time would not be seen as an increase. */
static void add_conflicts(struct sheet *sheet)
{
    static const struct {
        const char *code;
        int status;
    } problems[] = {
#define ROW(CODE, STATUS, TITLE) {#CODE, STATUS},
        PROBLEMS(ROW)
#undef ROW
    };
    begin(sheet, "hospital_conflicts_total", "counter",
          "Requests refused with 409, 412 or 422, by problem code.");
    for (size_t i = 0; i < PROBLEM_COUNT; i++) {
        int status = problems[i].status;
        if (status == 409 || status == 412 || status == 422)
            text_print(&sheet->text,
                       "hospital_conflicts_total{pool=\"%s\",code=\"%s\"} %" PRId64 "\n",
                       sheet->pool->name, problems[i].code,
                       read_counter(&sheet->sum->totals.conflicts[i]));
    }
}

/* Whether the row promises the status. */
static bool is_promised(const struct route *route, int status)
{
    int promised[MOST_STATUSES];
    if (!route->method) /* no route was found */
        return false;
    route_statuses(route, promised);
    for (size_t i = 0; promised[i]; i++)
        if (promised[i] == status)
            return true;
    return false;
}

static const char *name_of(const char *word)
{
    return word ? word : "";
}

/* Of one route; of none, the table's last and empty row. */
static void add_requests(struct sheet *sheet, const struct route *route)
{
    static const int statuses[] = {
#define NUMBER(STATUS, REASON) STATUS,
        STATUSES(NUMBER)
#undef NUMBER
    };
    const struct answers *answers = &sheet->sum->answers[route - sheet->pool->routes];
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        int64_t number = read_counter(&answers->statuses[i]);
        if (number > 0 || is_promised(route, statuses[i]))
            text_print(&sheet->text,
                       "hospital_requests_total{pool=\"%s\",method=\"%s\",route=\"%s\","
                       "status=\"%d\"} %" PRId64 "\n",
                       sheet->pool->name, name_of(route->method), name_of(route->path), statuses[i],
                       number);
    }
}

/* Nothing of a route that nobody has asked for. */
static void add_durations(struct sheet *sheet, const struct route *route)
{
    static const char name[] = "hospital_request_duration_seconds";
    const struct answers *answers = &sheet->sum->answers[route - sheet->pool->routes];
    const char *labels =
        arena_printf(sheet->text.arena, "pool=\"%s\",method=\"%s\",route=\"%s\"", sheet->pool->name,
                     name_of(route->method), name_of(route->path));
    int64_t so_far[BUCKET_COUNT] = {read_counter(&answers->durations[0])};
    for (size_t i = 1; i < BUCKET_COUNT; i++)
        so_far[i] = so_far[i - 1] + read_counter(&answers->durations[i]);
    int64_t all = so_far[BUCKET_COUNT - 1];
    if (all == 0)
        return;
    for (size_t i = 0; i < BUCKET_COUNT - 1; i++)
        text_print(&sheet->text, "%s_bucket{%s,le=\"%g\"} %" PRId64 "\n", name, labels,
                   (double)tally_durations[i] / 1e6, so_far[i]);
    int64_t microseconds = read_counter(&answers->microseconds);
    text_print(&sheet->text,
               "%s_bucket{%s,le=\"+Inf\"} %" PRId64 "\n%s_count{%s} %" PRId64
               "\n%s_sum{%s} %" PRId64 ".%06" PRId64 "\n",
               name, labels, all, name, labels, all, name, labels, microseconds / 1000000,
               microseconds % 1000000);
}

/* Calls `add_route` with each route, and with the empty row at the end. */
static void for_each_route(struct sheet *sheet,
                           void (*add_route)(struct sheet *sheet, const struct route *route))
{
    const struct route *route = sheet->pool->routes;
    do
        add_route(sheet, route);
    while (route++->method);
}

const struct problem *metrics_show(struct request *request, struct reply *reply)
{
    const struct worker *worker = request->worker;
    struct sheet sheet = {
        .text = {.arena = request->arena},
        .pool = worker->pool,
        .sum = tally_sum(worker->tally, request->arena),
    };
    if (!sheet.sum)
        return &problem_unavailable;
    add_usage(&sheet);
    add_totals(&sheet);
    add_conflicts(&sheet);
    begin(&sheet, "hospital_requests_total", "counter",
          "Requests answered, by route, none being empty, and status.");
    for_each_route(&sheet, add_requests);
    begin(&sheet, "hospital_request_duration_seconds", "histogram",
          "How long answers took, by route.");
    for_each_route(&sheet, add_durations);
    *reply = (struct reply){
        .status = request->route->success,
        .content_type = CONTENT_TYPE,
        .body = sheet.text.start,
        .length = sheet.text.length,
    };
    return NULL;
}
