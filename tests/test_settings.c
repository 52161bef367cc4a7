/* Settings: every missing or malformed one is named at once. */
#include "settings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_OF_32 "0123456789abcdef0123456789abcdef"
#define SECRET_OF_31 "0123456789abcdef0123456789abcde"

static const char *const names[] = {
    "DATABASE_URL",
    "PATIENT_DATABASE_URL",
    "ADMIN_DATABASE_URL",
    "PATIENT_TOKEN_SECRET",
    "ADMIN_TOKEN_SECRET",
    "ACCESS_TOKEN_MINUTES",
    "REFRESH_TOKEN_DAYS",
    "WORKER_THREADS",
    "DATABASE_CONNECTIONS",
    "DATABASE_TIMEOUT_MS",
    "PASSWORD_HASHES",
    "PATIENT_WORKERS",
    "ADMIN_WORKERS",
    "CORS_ALLOWED_ORIGINS",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DB",
    "REQUESTS_PER_SECOND",
    "TLS_CERTIFICATE",
    "TLS_CERTIFICATE_KEY",
    "LOCK_TIMEOUT_MS",
    "PATIENT_TOKEN_SECRET_ALSO",
    "ADMIN_TOKEN_SECRET_ALSO",
    "METRICS_DIRECTORY",
    "METRICS_LISTEN",
    "ACCESS_YEARS",
    "HISTORY_YEARS",
};
enum { NAMES = sizeof names / sizeof *names };

static char *written; /* on the last stream */

static void clear(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s_FILE", names[i]);
        unsetenv(names[i]);
        unsetenv(file);
    }
}

static void end(void)
{
    free(written);
}

TestSuite(settings, .init = clear, .fini = end);

/* Reads as that pool does; what it complains of is in `written`. */
static bool read_as(enum reader reader, struct settings *settings)
{
    size_t size;
    free(written);
    FILE *complaints = open_memstream(&written, &size);
    cr_assert_not_null(complaints);
    *settings = (struct settings){.threads = -1};
    bool complete = settings_read(reader, settings, complaints);
    fclose(complaints);
    cr_expect_eq(complete, size == 0, "a complaint that is none: %s", written);
    return complete;
}

/* The names that begin the lines of `written`, with a space after each. */
static const char *named(void)
{
    static char list[1024];
    size_t length = 0;
    for (const char *line = written; *line; line = strchr(line, '\n') + 1)
        length += (size_t)snprintf(list + length, sizeof list - length, "%.*s ",
                                   (int)strcspn(line, " "), line);
    list[length] = '\0';
    return list;
}

static void expect_named(enum reader reader, const char *expected)
{
    struct settings settings;
    bool complete = read_as(reader, &settings);
    cr_expect_str_eq(named(), expected, "named: %s, not: %s", named(), expected);
    cr_expect_eq(complete, *expected == '\0');
}

static void set_what_is_required(void)
{
    setenv("PATIENT_DATABASE_URL", "postgresql:///hospital", 1);
    setenv("ADMIN_DATABASE_URL", "postgresql:///staffs", 1);
    setenv("PATIENT_TOKEN_SECRET", SECRET_OF_32, 1);
    setenv("ADMIN_TOKEN_SECRET", SECRET_OF_32 "!", 1);
}

Test(settings, all_that_is_missing_is_named_at_once)
{
    expect_named(READER_PATIENT, "PATIENT_DATABASE_URL PATIENT_TOKEN_SECRET ");
    expect_named(READER_ADMIN, "ADMIN_DATABASE_URL ADMIN_TOKEN_SECRET ");
    cr_expect(strstr(written, "ADMIN_DATABASE_URL is missing. "), "%s", written);
}

Test(settings, all_that_is_malformed_is_named_at_once)
{
    for (size_t i = 0; i < NAMES; i++)
        setenv(names[i], "", 1);
    expect_named(
        READER_PATIENT,
        "PATIENT_DATABASE_URL PATIENT_TOKEN_SECRET ACCESS_TOKEN_MINUTES REFRESH_TOKEN_DAYS "
        "WORKER_THREADS DATABASE_CONNECTIONS DATABASE_TIMEOUT_MS PASSWORD_HASHES ");
    for (size_t i = 0; i < NAMES; i++)
        setenv(names[i], "x", 1);
    expect_named(READER_ADMIN,
                 "ADMIN_TOKEN_SECRET ADMIN_TOKEN_SECRET_ALSO ACCESS_TOKEN_MINUTES "
                 "REFRESH_TOKEN_DAYS WORKER_THREADS DATABASE_CONNECTIONS DATABASE_TIMEOUT_MS "
                 "PASSWORD_HASHES ");
}

Test(settings, the_rest_has_defaults)
{
    struct settings settings;
    set_what_is_required();
    cr_assert(read_as(READER_PATIENT, &settings));
    cr_expect_str_eq(settings.database_url, "postgresql:///hospital");
    cr_expect_str_eq(settings.token_secret, SECRET_OF_32);
    cr_expect_str_eq(settings.token_secret_also, "");
    cr_expect_eq(settings.access_token_minutes, 15);
    cr_expect_eq(settings.refresh_token_days, 30);
    cr_expect_eq(settings.threads, 16);
    cr_expect_eq(settings.database_connections, 8);
    cr_expect_eq(settings.database_timeout_ms, 1500);
    cr_expect_eq(settings.password_hashes, 1);
    cr_expect_str_eq(settings.metrics_directory, "");
}

Test(settings, what_is_set_is_taken)
{
    struct settings settings;
    set_what_is_required();
    setenv("ADMIN_TOKEN_SECRET_ALSO", SECRET_OF_32 "?", 1);
    setenv("ACCESS_TOKEN_MINUTES", "5", 1);
    setenv("REFRESH_TOKEN_DAYS", "7", 1);
    setenv("WORKER_THREADS", "32", 1);
    setenv("DATABASE_CONNECTIONS", "6", 1);
    setenv("DATABASE_TIMEOUT_MS", "250", 1);
    setenv("PASSWORD_HASHES", "2", 1);
    setenv("METRICS_DIRECTORY", "/run/pool", 1);
    cr_assert(read_as(READER_ADMIN, &settings));
    cr_expect_str_eq(settings.token_secret, SECRET_OF_32 "!");
    cr_expect_str_eq(settings.token_secret_also, SECRET_OF_32 "?");
    cr_expect_eq(settings.access_token_minutes, 5);
    cr_expect_eq(settings.refresh_token_days, 7);
    cr_expect_eq(settings.threads, 32);
    cr_expect_eq(settings.database_connections, 6);
    cr_expect_eq(settings.database_timeout_ms, 250);
    cr_expect_eq(settings.password_hashes, 2);
    cr_expect_str_eq(settings.metrics_directory, "/run/pool");
}

Test(settings, numbers_lie_in_their_range)
{
    static const struct {
        const char *name, *below, *least, *most, *above;
    } rows[] = {
        {"ACCESS_TOKEN_MINUTES", "0", "1", "1440", "1441"},
        {"REFRESH_TOKEN_DAYS", "0", "1", "365", "366"},
        {"WORKER_THREADS", "0", "1", "256", "257"},
        {"DATABASE_CONNECTIONS", "0", "1", "64", "65"},
        {"DATABASE_TIMEOUT_MS", "99", "100", "60000", "60001"},
        {"PASSWORD_HASHES", "0", "1", "16", "17"},
    };
    static const char *const malformed[] = {
        "",
        " ",
        "-1",
        "1.0",
        "1e1",
        "0x1",
        "1 ",
        "12abc",
        "ten",
        "true",
        "1,000",
        "NaN",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
    };
    set_what_is_required();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char only[64];
        snprintf(only, sizeof only, "%s ", rows[i].name);
        setenv(rows[i].name, rows[i].below, 1);
        expect_named(READER_PATIENT, only);
        setenv(rows[i].name, rows[i].above, 1);
        expect_named(READER_ADMIN, only);
        for (size_t j = 0; j < sizeof malformed / sizeof *malformed; j++) {
            setenv(rows[i].name, malformed[j], 1);
            expect_named(READER_PATIENT, only);
        }
        setenv(rows[i].name, rows[i].most, 1);
        expect_named(READER_PATIENT, "");
        setenv(rows[i].name, rows[i].least, 1);
        expect_named(READER_ADMIN, "");
    }
}

Test(settings, a_secret_has_32_bytes)
{
    set_what_is_required();
    setenv("PATIENT_TOKEN_SECRET", SECRET_OF_31, 1);
    setenv("ADMIN_TOKEN_SECRET", "0", 1);
    expect_named(READER_PATIENT, "PATIENT_TOKEN_SECRET ");
    cr_expect_null(strstr(written, SECRET_OF_31), "the secret is told: %s", written);
    expect_named(READER_ADMIN, "ADMIN_TOKEN_SECRET ");
    setenv("PATIENT_TOKEN_SECRET", SECRET_OF_32, 1);
    expect_named(READER_PATIENT, "");
}

/* Writes a file of this test, and says in `name` where it is. */
static void put(const char *name, const char *content, size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s-%d", getenv("TEST_DIR"), name, (int)getpid());
    FILE *out = fopen(path, "w");
    cr_assert(out && fwrite(content, 1, length, out) == length);
    fclose(out);
    setenv(name, path, 1);
}

Test(settings, a_secret_may_stand_in_a_file)
{
    struct settings settings;
    put("PATIENT_DATABASE_URL_FILE", "postgresql:///filed\n", strlen("postgresql:///filed\n"));
    put("PATIENT_TOKEN_SECRET_FILE", SECRET_OF_32, strlen(SECRET_OF_32));
    setenv("PATIENT_TOKEN_SECRET", "", 1); /* as compose files take a value away */
    cr_expect(read_as(READER_PATIENT, &settings), "%s", written);
    cr_expect_str_eq(settings.database_url, "postgresql:///filed");
    cr_expect_str_eq(settings.token_secret, SECRET_OF_32);
    put("PATIENT_TOKEN_SECRET_FILE", SECRET_OF_31 "\n", strlen(SECRET_OF_31 "\n"));
    expect_named(READER_PATIENT, "PATIENT_TOKEN_SECRET_FILE ");
}

Test(settings, a_file_that_is_no_secret_is_named)
{
    put("PATIENT_DATABASE_URL_FILE", "", 0);
    put("PATIENT_TOKEN_SECRET_FILE", SECRET_OF_32 "\0" SECRET_OF_32, 2 * strlen(SECRET_OF_32) + 1);
    expect_named(READER_PATIENT, "PATIENT_DATABASE_URL_FILE PATIENT_TOKEN_SECRET_FILE ");
    setenv("PATIENT_DATABASE_URL_FILE", "/", 1);
    setenv("PATIENT_TOKEN_SECRET_FILE", "/nonexistent", 1);
    expect_named(READER_PATIENT, "PATIENT_DATABASE_URL_FILE PATIENT_TOKEN_SECRET_FILE ");
}

Test(settings, a_secret_is_set_once)
{
    set_what_is_required();
    put("PATIENT_TOKEN_SECRET_FILE", SECRET_OF_32, strlen(SECRET_OF_32));
    expect_named(READER_PATIENT, "PATIENT_TOKEN_SECRET_FILE ");
    cr_expect(strstr(written, "the same without _FILE"), "%s", written);
    setenv("PATIENT_TOKEN_SECRET_FILE", "", 1);
    expect_named(READER_PATIENT, "");
}

Test(settings, what_is_no_secret_stands_in_no_file)
{
    struct settings settings;
    set_what_is_required();
    setenv("WORKER_THREADS_FILE", "/nonexistent", 1);
    cr_expect(read_as(READER_PATIENT, &settings), "%s", written);
    cr_expect_eq(settings.threads, 16);
}

Test(settings, each_pool_reads_only_its_own)
{
    struct settings settings;
    setenv("PATIENT_DATABASE_URL", "postgresql:///hospital", 1);
    setenv("PATIENT_TOKEN_SECRET", SECRET_OF_32, 1);
    cr_expect(read_as(READER_PATIENT, &settings), "%s", written);
    cr_expect_str_eq(settings.token_secret, SECRET_OF_32);
    expect_named(READER_ADMIN, "ADMIN_DATABASE_URL ADMIN_TOKEN_SECRET ");
    clear();
    setenv("ADMIN_DATABASE_URL", "postgresql:///hospital", 1);
    setenv("ADMIN_TOKEN_SECRET", SECRET_OF_32 "!", 1);
    cr_expect(read_as(READER_ADMIN, &settings), "%s", written);
    cr_expect_str_eq(settings.token_secret, SECRET_OF_32 "!");
    expect_named(READER_PATIENT, "PATIENT_DATABASE_URL PATIENT_TOKEN_SECRET ");
}

Test(settings, what_others_read_is_not_the_pools_business)
{
    static const char *const others[] = {
        "PATIENT_WORKERS",     "ADMIN_WORKERS",  "CORS_ALLOWED_ORIGINS", "POSTGRES_USER",
        "POSTGRES_PASSWORD",   "POSTGRES_DB",    "REQUESTS_PER_SECOND",  "TLS_CERTIFICATE",
        "TLS_CERTIFICATE_KEY", "METRICS_LISTEN",
    };
    set_what_is_required();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        setenv(others[i], "", 1);
    expect_named(READER_PATIENT, "");
    expect_named(READER_ADMIN, "");
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        found++;
    return found;
}

Test(settings, the_printed_table_has_a_row_for_each)
{
    size_t size;
    set_what_is_required();
    FILE *out = open_memstream(&written, &size);
    cr_assert_not_null(out);
    settings_print(out);
    fclose(out);
    for (size_t i = 0; i < NAMES; i++) {
        char beginning[64];
        snprintf(beginning, sizeof beginning, "\n| `%s` | ", names[i]);
        cr_expect_eq(count(written, beginning), 1, "%s", names[i]);
    }
    cr_expect_eq(count(written, "\n| `"), NAMES, "rows that this test does not know:\n%s", written);
    cr_expect_eq(count(written, "\n"), NAMES + 2);
    for (const char *line = written; *line; line = strchr(line, '\n') + 1) {
        size_t bars = 0;
        for (const char *c = line; *c != '\n'; c++)
            bars += *c == '|';
        cr_expect_eq(bars, 6, "%.*s", (int)strcspn(line, "\n"), line);
    }
    cr_expect_null(strstr(written, SECRET_OF_32), "a secret is printed");
    static const char *const rows[] = {
        "| `PATIENT_DATABASE_URL` | secret | required | patient, migrate | ",
        "| `DATABASE_URL` | secret | required | migrate, keep | ",
        "| `PATIENT_TOKEN_SECRET` | secret | required | patient | ",
        "| `ADMIN_TOKEN_SECRET` | secret | required | admin | ",
        "| `DATABASE_TIMEOUT_MS` | number 100–60000 | 1500 | patient, admin | ",
        "| `CORS_ALLOWED_ORIGINS` | text | empty | gateway | ",
        "| `REQUESTS_PER_SECOND` | number 0–1000000 | 20 | gateway | ",
        "| `POSTGRES_DB` | text | required | database, start | ",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(strstr(written, rows[i]), "%s", rows[i]);
}
