#include "shell.h"

#include <stdio.h>
#include <sys/wait.h>

#include "clinic.h"

struct said shell(const char *command)
{
    FILE *out = popen(text("{ %s ; } 2>&1", command), "r");
    const char *all = "";
    char line[1024];
    while (fgets(line, sizeof line, out))
        all = text("%s%s", all, line);
    int status = pclose(out);
    return (struct said){WIFEXITED(status) ? WEXITSTATUS(status) : -1, all};
}
