#include "log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* One write a line, so that the lines of many threads and workers do not mix. */
static void write_line(const char *line, int length)
{
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* nobody is left to be told */
}

static void print_now(char text[static 32])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, 32 - length, ".%03ldZ", now.tv_nsec / 1000000);
}

void log_request(const struct request *request, const struct reply *reply, int64_t microseconds)
{
    char now[32], line[512];
    const struct route *route = request->route;
    print_now(now);
    int length = snprintf(
        line, sizeof line,
        "{\"time\":\"%s\",\"pool\":\"%s\",\"request_id\":\"%s\",\"method\":\"%s\",\"route\":\"%s\","
        "\"status\":%d,\"ms\":%" PRId64 ".%03" PRId64 ",\"code\":\"%s\",\"sqlstate\":\"%s\"}\n",
        now, request->worker->pool->name, request->id, route ? route->method : "",
        route ? route->path : "", reply->status, microseconds / 1000, microseconds % 1000,
        reply->code ? reply->code : "", request->db.sqlstate);
    write_line(line, length);
}

void log_event(const struct pool *pool, const char *event)
{
    char now[32], line[512];
    print_now(now);
    int length = snprintf(line, sizeof line,
                          "{\"time\":\"%s\",\"pool\":\"%s\",\"pid\":%d,\"event\":\"%s\"}\n", now,
                          pool->name, (int)getpid(), event);
    write_line(line, length);
}
