#include "hosts.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "deadline.h"

/* Of the time that is left, what a host gets after which there is another one to ask. */
enum { SHARE_OF_TIME = 4 };

enum { MOST_HOSTS = 16 };

/* The lists that a URL may have, and in it an item for each host. */
enum { NAMES, ADDRESSES, PORTS, LISTS };
static const char *const keywords_of_lists[LISTS] = {"host", "hostaddr", "port"};

struct hosts {
    char *url, *options;
    char *lists[LISTS];                   /* cut up at their commas */
    const char *items[LISTS][MOST_HOSTS]; /* NULL: what the URL says, be it a list */
    int count;
    atomic_int first; /* to be asked */
};

static char *copy_option(const PQconninfoOption *option, const char *keyword)
{
    for (; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val)
            return strdup(option->val);
    return NULL;
}

/* How many there are; -1: too many, or one is empty, which libpq would take for none. */
static int cut_up(char *list, const char *items[])
{
    int count = 0;
    for (char *next = list; next; count++) {
        char *item = strsep(&next, ",");
        if (count == MOST_HOSTS || !*item)
            return -1;
        items[count] = item;
    }
    return count;
}

/* Tells several hosts apart. Lists that do not fit together are left as they are: libpq says best
 * what is wrong with them. */
static void tell_apart(struct hosts *hosts)
{
    const char *items[LISTS][MOST_HOSTS] = {{NULL}};
    int counts[LISTS];
    PQconninfoOption *options = PQconninfoParse(hosts->url, NULL);
    for (int i = 0; i < LISTS; i++) {
        hosts->lists[i] = copy_option(options, keywords_of_lists[i]);
        counts[i] = cut_up(hosts->lists[i], items[i]);
    }
    PQconninfoFree(options);
    int count = counts[ADDRESSES] ? counts[ADDRESSES] : counts[NAMES];
    if (count < 2 || (counts[NAMES] && counts[NAMES] != count) || counts[PORTS] < 0 ||
        (counts[PORTS] > 1 && counts[PORTS] != count))
        return;
    memcpy(hosts->items, items, sizeof items);
    hosts->count = count;
}

struct hosts *hosts_new(const char *url, const char *options)
{
    struct hosts *hosts = calloc(1, sizeof *hosts);
    if (!hosts)
        return NULL;
    hosts->count = 1;
    hosts->url = strdup(url);
    hosts->options = strdup(options);
    if (!hosts->url || !hosts->options) {
        hosts_free(hosts);
        return NULL;
    }
    tell_apart(hosts);
    return hosts;
}

void hosts_free(struct hosts *hosts)
{
    if (!hosts)
        return;
    for (int i = 0; i < LISTS; i++)
        free(hosts->lists[i]);
    free(hosts->options);
    free(hosts->url);
    free(hosts);
}

static void hear_nothing(void *unused, const PGresult *notice)
{
    (void)unused, (void)notice;
}

static PGconn *begin_to_connect(const struct hosts *hosts, int number)
{
    /* What stands before dbname can be overridden by the URL, what stands after it cannot. */
    const char *const parameters[][2] = {
        {"application_name", "hospital"},
        {"tcp_user_timeout", "5000"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        /* One that is being restored answers, too, and does not know yet what was acknowledged. */
        {"target_session_attrs", hosts->count > 1 ? "read-write" : "primary"},
        {"dbname", hosts->url},
        {"options", hosts->options},
        {"client_encoding", "UTF8"},
        {"host", hosts->items[NAMES][number]},
        {"hostaddr", hosts->items[ADDRESSES][number]},
        {"port", hosts->items[PORTS][number]},
    };
    enum { COUNT = sizeof parameters / sizeof *parameters };
    const char *keywords[COUNT + 1] = {NULL}, *values[COUNT + 1] = {NULL};
    for (int i = 0; i < COUNT; i++) {
        keywords[i] = parameters[i][0];
        values[i] = parameters[i][1];
    }
    PGconn *pg = PQconnectStartParams(keywords, values, 1);
    if (pg)
        PQsetNoticeReceiver(pg, hear_nothing, NULL);
    return pg;
}

static bool finish_connecting(PGconn *pg, int64_t deadline)
{
    if (!pg || PQstatus(pg) == CONNECTION_BAD)
        return false;
    for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
        if (!await_socket(PQsocket(pg), next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
            return false;
        next = PQconnectPoll(pg);
        if (next == PGRES_POLLING_FAILED)
            return false;
    }
    return PQsetnonblocking(pg, 1) == 0;
}

/* libpq quotes what it cannot read, which may be a piece of a password: so it is not asked then. */
static bool is_connection_string(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL;
}

static void complain(const PGconn *pg, int64_t ms, FILE *complaints)
{
    if (pg && PQstatus(pg) == CONNECTION_BAD)
        fprintf(complaints, "The database cannot be reached: %s", PQerrorMessage(pg));
    else
        fprintf(complaints, "The database at %s does not answer within %d ms.\n",
                pg && PQhost(pg) ? PQhost(pg) : "its host", (int)ms);
}

PGconn *hosts_connect(struct hosts *hosts, int64_t deadline, FILE *complaints, int *number)
{
    if (complaints && !is_connection_string(hosts->url)) {
        fprintf(complaints, "The database's URL is no connection string that libpq can read.\n");
        return NULL;
    }
    int first = atomic_load(&hosts->first);
    for (int tried = 0; tried < hosts->count; tried++) {
        int64_t begun = now_ms();
        bool is_last = tried + 1 == hosts->count;
        int64_t time = (deadline - begun) / (is_last ? 1 : SHARE_OF_TIME);
        *number = (first + tried) % hosts->count;
        PGconn *pg = begin_to_connect(hosts, *number);
        if (finish_connecting(pg, begun + time)) {
            atomic_store(&hosts->first, *number);
            return pg;
        }
        if (complaints)
            complain(pg, time, complaints);
        PQfinish(pg);
    }
    return NULL;
}

void hosts_doubt(struct hosts *hosts, int number)
{
    atomic_compare_exchange_strong(&hosts->first, &number, (number + 1) % hosts->count);
}
