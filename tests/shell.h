/* What a shell command says, and how it ends. */
#ifndef SHELL_H
#define SHELL_H

struct said {
    int status;       /* -1: a signal ended it */
    const char *text; /* on either stream; lives until the test ends */
};

struct said shell(const char *command);

#endif
