/* A database on several hosts: workers find the one that takes writes, whoever else is gone, silent
 * or no longer the primary. */
#include "clinic.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "detour.h"
#include "hosts.h"

TestSuite(hosts, .init = clinic_open, .fini = clinic_close, .timeout = 60);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static int silent_listener;
static atomic_int silently_heard;

static void *hear_in_silence(void *unused)
{
    while (accept(silent_listener, NULL, NULL) >= 0)
        atomic_fetch_add(&silently_heard, 1);
    return unused;
}

/* A host that takes connections and never says a word; it counts them. */
static const char *silent_host(void)
{
    pthread_t thread;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *directory = text("%s/silent", clinic_directory());
    cr_assert(mkdir(directory, 0755) == 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", directory);
    silent_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(silent_listener, (struct sockaddr *)&address, sizeof address) == 0);
    cr_assert(chmod(address.sun_path, 0666) == 0);
    cr_assert(listen(silent_listener, 64) == 0);
    pthread_create(&thread, NULL, hear_in_silence, NULL);
    pthread_detach(thread);
    return directory;
}

static void start_worker_with(const char *hosts)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_divert_database(hosts);
    clinic_set("DATABASE_CONNECTIONS", "1");
    clinic_start_worker(PATIENT_POOL);
}

static void terminate_connections(void)
{
    sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'hospital'");
}

/* As after a power cut: there is nobody to refuse a connection. */
Test(hosts, a_host_that_is_silent_is_asked_once_and_costs_no_answer)
{
    start_worker_with(text("%s,%s", silent_host(), clinic_cluster()));
    expect_answer(book(1, 1, 1, "2027-03-02T10:15"), 201, "");
    for (int i = 0; i < 3; i++) {
        terminate_connections();
        expect_answer(book(1, 1, 1, text("2027-03-02T%d:00", 13 + i)), 201, "");
    }
    cr_expect_eq(atomic_load(&silently_heard), 1, "%d", atomic_load(&silently_heard));
}

Test(hosts, a_host_that_is_gone_costs_no_answer)
{
    start_worker_with(text("/nowhere,%s", clinic_cluster()));
    expect_answer(book(1, 1, 1, "2027-03-02T10:15"), 201, "");
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
}

static struct answer book_under_key(const char *start, const char *key)
{
    return ask_with_key(PATIENT_POOL, "POST", "/appointments", patient_token(1),
                        booking_body(1, 1, start), key);
}

/* The first host still takes connections for one that may write, as a primary does that has been
 * told only now to stop. */
Test(hosts, a_primary_that_turned_read_only_is_left_for_another)
{
    start_worker_with(text("%s,%s", detour_open(), clinic_cluster()));
    expect_answer(book_under_key("2027-03-02T10:15", "a"), 201, "");
    detour_turn_read_only();
    expect_answer(book_under_key("2027-03-02T13:00", "b"), 201, "");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
}

/* A host that went silent while it was in use is not waited for by who connects next. */
Test(hosts, a_primary_that_fell_silent_is_not_asked_first_again)
{
    start_worker_with(text("%s,%s", detour_open(), clinic_cluster()));
    expect_answer(book_under_key("2027-03-02T10:15", "a"), 201, "");
    int executed = detour_executed();
    detour_watch();
    expect_problem("booking", book_under_key("2027-03-02T13:00", "b"), 503, "unavailable");
    int lost = detour_executed();
    cr_expect(lost > executed, "the detour was not taken");
    expect_answer(book_under_key("2027-03-02T13:00", "b"), 201, "");
    cr_expect_eq(detour_executed(), lost);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
}

Test(hosts, hosts_that_take_no_writes_are_none)
{
    start_worker_with(text("%s,%s", clinic_cluster(), clinic_cluster()));
    sql("ALTER DATABASE %s SET default_transaction_read_only = on",
        sql("SELECT current_database()"));
    expect_problem("/doctors", patient_api("GET", "/doctors", NULL, NULL), 503, "unavailable");
    sql("ALTER DATABASE %s RESET default_transaction_read_only", sql("SELECT current_database()"));
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
}

/* Forms of a URL after which the cluster, CLUSTER in them, is found, and as which of the hosts. */
static const struct form {
    const char *url;
    int number;
} forms[] = {
    {"host=CLUSTER", 0},
    {"host=/nowhere,CLUSTER", 1},
    {"host = '/nowhere,CLUSTER' port = 5432", 1},
    {"host=/nowhere,/elsewhere,CLUSTER port=5432,5433,5432", 2},
    {"host=CLUSTER,CLUSTER port=5433,5432", 1},
    {"host=CLUSTER,CLUSTER port=5432,5433", 0},
    {"postgresql:///?host=/nowhere,CLUSTER", 1},
    {"postgresql:///?host=/nowhere,CLUSTER&port=5432&target_session_attrs=read-write", 1},
    {"postgresql://[::1]:1,%2Fnowhere:5432,CLUSTER:5432/", 2},
    {"host=a.invalid,CLUSTER hostaddr=127.0.0.1,127.0.0.1 port=1,1", -1},
    {"host=/nowhere,/elsewhere", -1},
    {"host=/nowhere,CLUSTER port=5432,5432,5432", -1},
    {"host", -1},
};

/* The URL with the cluster's directory in it, as its form wants it to be written. */
static const char *fill_in(const char *form)
{
    static const char word[] = "CLUSTER";
    const char *found, *directory = clinic_cluster();
    bool in_authority = strncmp(form, "postgresql://[", strlen("postgresql://[")) == 0;
    while ((found = strstr(form, word))) {
        const char *host = in_authority ? text("%%2F%s", directory + 1) : directory;
        for (char *slash; in_authority && (slash = strchr(host, '/'));)
            host = text("%.*s%%2F%s", (int)(slash - host), host, slash + 1);
        form = text("%.*s%s%s", (int)(found - form), form, host, found + strlen(word));
    }
    return form;
}

Test(hosts, each_form_of_a_url_names_its_hosts)
{
    setenv("PGUSER", "hospital", 1);
    setenv("PGDATABASE", "postgres", 1);
    for (size_t i = 0; i < COUNT(forms); i++) {
        int number = -1;
        struct hosts *hosts = hosts_new(fill_in(forms[i].url), "");
        PGconn *pg = hosts_connect(hosts, now_ms() + 10000, NULL, &number);
        cr_expect_eq(pg ? number : -1, forms[i].number, "%s: %d", forms[i].url, pg ? number : -1);
        PQfinish(pg);
        hosts_free(hosts);
    }
}

Test(hosts, the_host_that_served_last_is_asked_first_unless_it_is_doubted)
{
    int number = -1;
    const char *url =
        text("%s host=/nowhere,%s,%s", clinic_url(), clinic_cluster(), clinic_cluster());
    struct hosts *hosts = hosts_new(url, "");
    static const int expected[] = {1, 1, 2, 2, 1}; /* doubted after the second and the fourth */
    for (size_t i = 0; i < COUNT(expected); i++) {
        PQfinish(hosts_connect(hosts, now_ms() + 10000, NULL, &number));
        cr_expect_eq(number, expected[i], "%zu: %d", i, number);
        if (i % 2 == 1)
            hosts_doubt(hosts, number);
    }
    hosts_doubt(hosts, 2); /* somebody has found another one meanwhile */
    PQfinish(hosts_connect(hosts, now_ms() + 10000, NULL, &number));
    cr_expect_eq(number, 1);
    hosts_free(hosts);
}
