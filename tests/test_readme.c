/* The README keeps its word. */
#include "clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

/* A file as text. */
static char *read_file(const char *path)
{
    static char content[256 * 1024];
    FILE *in = fopen(path, "r");
    cr_assert(in, "%s", path);
    content[fread(content, 1, sizeof content - 1, in)] = '\0';
    fclose(in);
    return content;
}

/* What stands between two marks. */
static const char *between(const char *content, const char *from, const char *to)
{
    const char *start = strstr(content, from);
    cr_assert(start, "%s is missing", from);
    start += strlen(from);
    const char *end = strstr(start, to);
    cr_assert(end, "%s is missing", to);
    return text("%.*s", (int)(end - start), start);
}

Test(readme, its_settings_are_the_tables)
{
    char *printed;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    settings_print(out);
    fclose(out);
    cr_expect_str_eq(between(read_file("README.md"), "<!-- settings -->\n", "<!-- /settings -->"),
                     printed, "run patient-api --settings and paste it into the README");
}

Test(readme, the_example_file_has_every_setting_and_no_other)
{
    char *printed;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    settings_print(out);
    fclose(out);
    char *example = (char *)text("\n%s", read_file(".env.development"));
    int rows = 0, lines = 0;
    for (const char *row = strstr(printed, "| `"); row; row = strstr(row + 1, "\n| `")) {
        const char *name = strchr(row, '`') + 1;
        cr_expect(strstr(example, text("\n%.*s=", (int)strcspn(name, "`"), name)),
                  "%.*s is not in .env.development", (int)strcspn(name, "`"), name);
        rows++;
    }
    for (char *line = strtok(example, "\n"); line; line = strtok(NULL, "\n"))
        lines += *line != '#';
    cr_expect_eq(rows, lines);
}
