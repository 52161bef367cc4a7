#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A SECRET may stand in a file that NAME_FILE names instead; a KEY is one that signs. */
enum kind { TEXT, INTEGER, SECRET, KEY };

enum { SHORTEST_KEY = 32 }; /* bytes: RFC 7518, 3.2, for HS256 */

#define NOWHERE    SIZE_MAX /* not kept in struct settings: others read it */
#define AT(MEMBER) offsetof(struct settings, MEMBER)

static const struct setting {
    const char *name;
    enum kind kind;
    const char *otherwise; /* NULL: required */
    int64_t least, most;
    unsigned readers;
    size_t offset;
    const char *sentence;
} table[] = {
    {"DATABASE_URL", SECRET, NULL, 0, 0, READER_MIGRATE | READER_KEEP, NOWHERE,
     "The database for its owner, as a libpq connection string or URI."},
    {"PATIENT_DATABASE_URL", SECRET, NULL, 0, 0, READER_PATIENT | READER_MIGRATE, AT(database_url),
     "The same for the role hospital_patient, which is given the password in it."},
    {"ADMIN_DATABASE_URL", SECRET, NULL, 0, 0, READER_ADMIN | READER_MIGRATE, AT(database_url),
     "The same for the role hospital_admin."},
    {"LOCK_TIMEOUT_MS", INTEGER, "2000", 1, 999999, READER_MIGRATE | READER_KEEP, NOWHERE,
     "How long a migration waits for a lock before it steps back and tries again."},
    {"ACCESS_YEARS", INTEGER, "2", 1, 100, READER_KEEP, NOWHERE,
     "How long the log of who saw whose data is kept, by months."},
    {"HISTORY_YEARS", INTEGER, "5", 1, 100, READER_KEEP, NOWHERE,
     "How long the history of appointments is kept, by years."},
    {"PATIENT_TOKEN_SECRET", KEY, NULL, 0, 0, READER_PATIENT, AT(token_secret),
     "Signs the patients' access tokens; at least 32 bytes."},
    {"ADMIN_TOKEN_SECRET", KEY, NULL, 0, 0, READER_ADMIN, AT(token_secret),
     "Signs the staff's access tokens; at least 32 bytes, and another one than the patients'."},
    {"PATIENT_TOKEN_SECRET_ALSO", KEY, "", 0, 0, READER_PATIENT, AT(token_secret_also),
     "Another one that is accepted, and signs nothing: the next or the last, while they change."},
    {"ADMIN_TOKEN_SECRET_ALSO", KEY, "", 0, 0, READER_ADMIN, AT(token_secret_also),
     "The same for the staff's access tokens."},
    {"ACCESS_TOKEN_MINUTES", INTEGER, "15", 1, 1440, READER_POOLS, AT(access_token_minutes),
     "How long an access token is good."},
    {"REFRESH_TOKEN_DAYS", INTEGER, "30", 1, 365, READER_POOLS, AT(refresh_token_days),
     "How long a refresh token is good."},
    {"WORKER_THREADS", INTEGER, "16", 1, 256, READER_POOLS, AT(threads),
     "Requests that one worker process answers at once."},
    {"DATABASE_CONNECTIONS", INTEGER, "8", 1, 64, READER_POOLS, AT(database_connections),
     "Database connections that the threads of one worker process share."},
    {"DATABASE_TIMEOUT_MS", INTEGER, "1500", 100, 60000, READER_POOLS, AT(database_timeout_ms),
     "How long one statement may take, waiting for a connection included."},
    {"PASSWORD_HASHES", INTEGER, "1", 1, 16, READER_POOLS, AT(password_hashes),
     "Passwords that one worker process hashes at once, 19 MiB each."},
    {"METRICS_DIRECTORY", TEXT, "", 0, 0, READER_POOLS, AT(metrics_directory),
     "Where the worker processes of a pool count together, in a file; empty: each by itself."},
    {"PATIENT_WORKERS", INTEGER, "one per core", 1, 64, READER_START, NOWHERE,
     "Worker processes of the patient pool."},
    {"ADMIN_WORKERS", INTEGER, "one per two cores", 1, 64, READER_START, NOWHERE,
     "Worker processes of the admin pool."},
    {"CORS_ALLOWED_ORIGINS", TEXT, "", 0, 0, READER_GATEWAY, NOWHERE,
     "Origins whose pages may call the API, separated by spaces; none by default."},
    {"REQUESTS_PER_SECOND", INTEGER, "20", 0, 1000000, READER_GATEWAY, NOWHERE,
     "Requests taken with one access token; ten times as many from one address; 0: any number."},
    {"METRICS_LISTEN", TEXT, "", 0, 0, READER_GATEWAY, NOWHERE,
     "Where the gateway shows the pools' counters, such as 127.0.0.1:9180; empty: nowhere."},
    {"TLS_CERTIFICATE", TEXT, "", 0, 0, READER_GATEWAY, NOWHERE,
     "A file with the certificate chain in PEM; with its key the gateway speaks TLS."},
    {"TLS_CERTIFICATE_KEY", TEXT, "", 0, 0, READER_GATEWAY, NOWHERE,
     "A file with the certificate's key in PEM."},
    {"POSTGRES_USER", TEXT, NULL, 0, 0, READER_DATABASE | READER_START, NOWHERE,
     "The role that owns the database."},
    {"POSTGRES_PASSWORD", SECRET, NULL, 0, 0, READER_DATABASE | READER_START, NOWHERE,
     "Its password."},
    {"POSTGRES_DB", TEXT, NULL, 0, 0, READER_DATABASE | READER_START, NOWHERE,
     "The database's name."},
};

enum { COUNT = sizeof table / sizeof *table };

static bool read_integer(const struct setting *setting, const char *text, int64_t *integer)
{
    char *end;
    errno = 0;
    *integer = strtoll(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == '\0' && errno == 0 &&
           *integer >= setting->least && *integer <= setting->most;
}

/* NULL: the text is as it should be, and has been kept. */
static const char *keep(const struct setting *setting, const char *text, struct settings *settings)
{
    int64_t nowhere;
    void *member =
        setting->offset == NOWHERE ? (void *)&nowhere : (char *)settings + setting->offset;
    switch (setting->kind) {
    case INTEGER:
        return read_integer(setting, text, member) ? NULL : "is not a number in its range";
    case KEY:
        *(const char **)member = text;
        return strlen(text) >= SHORTEST_KEY || (!*text && setting->otherwise)
                   ? NULL
                   : "is shorter than 32 bytes";
    case SECRET:
    case TEXT:
        *(const char **)member = text;
        return *text || setting->otherwise ? NULL : "is empty";
    }
    return NULL;
}

/* A file's text without the newline at its end, to be kept as long as the process lives; NULL: it
 * cannot be read, or is no text. */
static const char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "re");
    if (!in)
        return NULL;
    ssize_t length = getdelim(&text, &size, '\0', in); /* all of it, as no text has such a byte */
    bool is_text = !ferror(in) && (length <= 0 || text[length - 1] != '\0');
    fclose(in);
    if (!is_text) {
        free(text);
        return NULL;
    }
    if (length <= 0) { /* an empty file */
        free(text);
        return "";
    }
    if (text[length - 1] == '\n')
        text[length - 1] = '\0';
    return text;
}

/* What a setting was given: by the environment, by a file that it names there, or by default. */
struct given {
    const char *text;
    const char *suffix; /* of the variable that gave it */
    const char *wrong;  /* NULL: nothing so far */
};

static struct given look_up(const struct setting *setting)
{
    char name_file[64];
    snprintf(name_file, sizeof name_file, "%s_FILE", setting->name);
    const char *text = getenv(setting->name);
    const char *path = getenv(name_file);
    if ((setting->kind == SECRET || setting->kind == KEY) && path && *path) {
        if (text && *text)
            return (struct given){NULL, "_FILE", "is set, and the same without _FILE as well"};
        text = read_text(path);
        return (struct given){text, "_FILE", text ? NULL : "names no text file that can be read"};
    }
    if (!text)
        text = setting->otherwise;
    return (struct given){text, "", text ? NULL : "is missing"};
}

bool settings_read(enum reader reader, struct settings *settings, FILE *complaints)
{
    bool complete = true;
    for (size_t i = 0; i < COUNT; i++) {
        const struct setting *setting = &table[i];
        if (!(setting->readers & reader))
            continue;
        struct given given = look_up(setting);
        if (!given.wrong)
            given.wrong = keep(setting, given.text, settings);
        if (!given.wrong)
            continue;
        fprintf(complaints, "%s%s %s. %s\n", setting->name, given.suffix, given.wrong,
                setting->sentence);
        complete = false;
    }
    return complete;
}

static void print_readers(const struct setting *setting, FILE *out)
{
    static const struct {
        unsigned reader;
        const char *name;
    } names[] = {
        {READER_PATIENT, "patient"},   {READER_ADMIN, "admin"}, {READER_GATEWAY, "gateway"},
        {READER_DATABASE, "database"}, {READER_START, "start"}, {READER_MIGRATE, "migrate"},
        {READER_KEEP, "keep"},
    };
    const char *separator = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setting->readers & names[i].reader) {
            fprintf(out, "%s%s", separator, names[i].name);
            separator = ", ";
        }
}

void settings_print(FILE *out)
{
    static const char *const kinds[] = {"text", "number", "secret", "secret"};
    fprintf(out, "| variable | kind | default | read by | what it is |\n"
                 "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < COUNT; i++) {
        const struct setting *setting = &table[i];
        fprintf(out, "| `%s` | %s", setting->name, kinds[setting->kind]);
        if (setting->kind == INTEGER)
            fprintf(out, " %" PRId64 "–%" PRId64, setting->least, setting->most);
        fprintf(out, " | %s | ",
                !setting->otherwise   ? "required"
                : *setting->otherwise ? setting->otherwise
                                      : "empty");
        print_readers(setting, out);
        fprintf(out, " | %s |\n", setting->sentence);
    }
}
