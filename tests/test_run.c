/* .dev/run, which `make run` and a curious reader start: who gets to see its secrets, and how
 * another build takes its place. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway.h"

static const struct secret {
    const char *name, *value;
    const char *for_whom; /* the one program in whose environment it may stand */
} secrets[] = {
    {"POSTGRES_PASSWORD", "the-owners-of-the-running-one", "nobody"},
    {"PATIENT_TOKEN_SECRET", "the-patients-secret-of-the-running-one", "/patient-api"},
    {"PATIENT_TOKEN_SECRET_ALSO", "the-patients-last-secret-of-the-running-one", "/patient-api"},
    {"ADMIN_TOKEN_SECRET", "the-staffs-secret-of-the-running-one", "/admin-api"},
    {"ADMIN_TOKEN_SECRET_ALSO", "the-staffs-last-secret-of-the-running-one", "/admin-api"},
};
enum { SECRETS = sizeof secrets / sizeof *secrets };

static char directory[256];

static pid_t start(void)
{
    char port[16];
    snprintf(directory, sizeof directory, "%s/run-%d", getenv("TEST_DIR"), (int)getpid());
    gateway_at(free_port());
    snprintf(port, sizeof port, "%d", gateway_port());
    pid_t run = fork();
    cr_assert(run >= 0);
    if (run > 0)
        return run;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    char log[300];
    snprintf(log, sizeof log, "%s.log", directory);
    int out = open(log, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    for (int i = 0; i < SECRETS; i++)
        setenv(secrets[i].name, secrets[i].value, 1);
    setenv("PORT", port, 1);
    setenv("RUN_DIR", directory, 1);
    setenv("PATIENT_WORKERS", "1", 1);
    setenv("ADMIN_WORKERS", "1", 1);
    setenv("REQUESTS_PER_SECOND", "0", 1);
    execl(".dev/run", ".dev/run", (char *)NULL);
    _exit(127);
}

/* A file of /proc, with spaces for the NULs; "" when it cannot be read (any more). */
static char *read_of(const char *process, const char *name)
{
    static char content[65536];
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    FILE *in = fopen(path, "r");
    size_t length = in ? fread(content, 1, sizeof content - 1, in) : 0;
    if (in)
        fclose(in);
    for (size_t i = 0; i < length; i++)
        if (content[i] == '\0')
            content[i] = ' ';
    content[length] = '\0';
    return content;
}

/* Looks at every process there is. */
static void each_process(void (*look)(const char *process))
{
    DIR *all = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(all));)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            look(entry->d_name);
    closedir(all);
}

static void expect_no_secret_in_command(const char *process)
{
    const char *command = read_of(process, "cmdline");
    for (int i = 0; i < SECRETS; i++)
        cr_expect_null(strstr(command, secrets[i].value), "%s is shown by: %s", secrets[i].name,
                       command);
}

static int looked_into; /* how many programs of this system */

/* The programs that serve are told their own secrets, and no others. */
static void expect_only_own_secrets(const char *process)
{
    char *command = strdup(read_of(process, "cmdline"));
    command[strcspn(command, " ")] = '\0';
    const char *program = strrchr(command, '/');
    if (strncmp(command, directory, strlen(directory)) == 0 && program) {
        const char *environment = read_of(process, "environ");
        cr_expect(strstr(environment, "DATABASE_URL="), "%s: %s", command, environment);
        for (int i = 0; i < SECRETS; i++)
            cr_expect_eq(strstr(environment, secrets[i].value) != NULL,
                         strcmp(program, secrets[i].for_whom) == 0, "%s in that of %s",
                         secrets[i].name, program);
        looked_into++;
    }
    free(command);
}

static bool is_open(void)
{
    char command[400];
    snprintf(command, sizeof command, "grep -q 'The hospital is open' %s.log", directory);
    return system(command) == 0;
}

/* Waits until it serves; fails the test when it never does. */
static void await_open(pid_t run)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    while (!is_open() && waitpid(run, NULL, WNOHANG) == 0)
        nanosleep(&pause, NULL);
    cr_assert(is_open(), "it did not open: %s.log", directory);
}

static void stop(pid_t run)
{
    int status = 0;
    kill(run, SIGTERM);
    cr_expect_eq(waitpid(run, &status, 0), run);
    cr_expect_eq(status, 0, "it ended with %#x", (unsigned)status);
}

Test(run, no_list_of_processes_shows_a_secret)
{
    pid_t run = start();
    int status = 0;
    while (!is_open() && waitpid(run, &status, WNOHANG) == 0)
        each_process(expect_no_secret_in_command);
    cr_expect(is_open(), "it did not open: %s.log", directory);
    each_process(expect_no_secret_in_command);
    each_process(expect_only_own_secrets);
    cr_expect_eq(looked_into, 2);
    stop(run);
}

/* The one worker of the pool, by the supervisor's process id that .dev/run has left. */
static int worker_of(const char *pool)
{
    char process[16] = "", name[64], path[300];
    snprintf(path, sizeof path, "%s/%s.pid", directory, pool);
    FILE *in = fopen(path, "r");
    cr_assert(in && fscanf(in, "%15s", process) == 1, "%s", path);
    fclose(in);
    snprintf(name, sizeof name, "task/%s/children", process);
    return atoi(read_of(process, name));
}

static int run_restart(const char *arguments)
{
    setenv(secrets[0].name, secrets[0].value, 1);
    char command[700];
    snprintf(command, sizeof command, "RUN_DIR=%s .dev/restart %s >%s.restart 2>&1", directory,
             arguments, directory);
    return system(command);
}

struct visit {
    atomic_bool over;
    atomic_int answered, failed;
    int restarted;
};

/* The first one restarts the patient pool three times, and all others ask meanwhile. */
static void restart_or_ask(int number, void *shared)
{
    struct visit *visit = shared;
    if (number == 0) {
        for (int i = 0; i < 3; i++)
            visit->restarted += run_restart("patient") == 0;
        atomic_store(&visit->over, true);
    }
    while (!atomic_load(&visit->over)) {
        struct answer answer = gateway_get("/api/v1/patient/doctors");
        atomic_fetch_add(answer.status == 200 ? &visit->answered : &visit->failed, 1);
    }
}

Test(run, a_pool_is_restarted_without_a_failed_request)
{
    struct visit visit = {.restarted = 0};
    pid_t run = start();
    await_open(run);
    int patients = worker_of("patient"), admins = worker_of("admin");
    at_once(8, restart_or_ask, &visit);
    cr_expect_eq(visit.restarted, 3, "see %s.restart", directory);
    cr_expect_eq(visit.failed, 0, "%d failed, %d did not", visit.failed, visit.answered);
    cr_expect(visit.answered > 0);
    cr_expect_neq(worker_of("patient"), patients, "it is the same worker");
    cr_expect_eq(worker_of("admin"), admins, "the other pool was touched");
    stop(run);
}

Test(run, a_pool_stays_where_the_new_program_could_not_serve)
{
    pid_t run = start();
    await_open(run);
    int patients = worker_of("patient");
    const char *build = text("%s-build", directory);
    cr_assert(system(text("mkdir %s && echo '#!/bin/false' >%s/patient-api"
                          " && chmod +x %s/patient-api",
                          build, build, build)) == 0);
    setenv("BUILD", build, 1);
    cr_expect_neq(run_restart("patient"), 0);
    cr_expect_eq(worker_of("patient"), patients, "it is another worker");
    cr_expect_eq(gateway_get("/health").status, 200);
    stop(run);
}
