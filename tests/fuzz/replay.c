/* Gives a target the files that are named, and those in the directories that are named, one after
 * the other, without libFuzzer: replay PATH... */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { LARGEST = 1 << 20 };

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(LARGEST);
    if (!file || !data) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    size_t size = fread(data, 1, LARGEST, file);
    fclose(file);
    /* To the byte, so that the sanitizers see whoever reads on. */
    uint8_t *exact = realloc(data, size ? size : 1);
    fprintf(stderr, "%s\r", path);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int replay(const char *path)
{
    char inside[4096];
    int count = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return errno == ENOTDIR ? replay_file(path) : 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        count += entry->d_name[0] == '.' ? 0 : replay_file(inside);
    }
    closedir(directory);
    return count;
}

int main(int count, char **arguments)
{
    int replayed = 0;
    LLVMFuzzerInitialize(&count, &arguments);
    for (int i = 1; i < count; i++)
        replayed += replay(arguments[i]);
    fprintf(stderr, "%s: %d cases\n", arguments[0], replayed);
    return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
