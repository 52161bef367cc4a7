/* .dev/run, which `make run` and a curious reader start: who gets to see its secrets. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway.h"

static const struct secret {
    const char *name, *value;
    const char *for_whom; /* the one program in whose environment it may stand */
} secrets[] = {
    {"POSTGRES_PASSWORD", "the-owners-of-the-running-one", "nobody"},
    {"PATIENT_TOKEN_SECRET", "the-patients-secret-of-the-running-one", "/patient-api"},
    {"ADMIN_TOKEN_SECRET", "the-staffs-secret-of-the-running-one", "/admin-api"},
};
enum { SECRETS = sizeof secrets / sizeof *secrets };

static char directory[256];

static pid_t start(void)
{
    char port[16];
    snprintf(directory, sizeof directory, "%s/run-%d", getenv("TEST_DIR"), (int)getpid());
    snprintf(port, sizeof port, "%d", free_port());
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
    kill(run, SIGTERM);
    cr_expect_eq(waitpid(run, &status, 0), run);
    cr_expect_eq(status, 0, "it ended with %#x", (unsigned)status);
}
