#include "tag.h"

#include <inttypes.h>
#include <string.h>

/* The next tag of the list without its weakness, from quote to quote. NULL: there is none, or what
 * is there cannot be read. */
static const char *next_tag(const char **list, size_t *length)
{
    const char *tag = *list + strspn(*list, ", \t");
    if (strncmp(tag, "W/", 2) == 0)
        tag += 2;
    const char *end = *tag == '"' ? strchr(tag + 1, '"') : NULL;
    if (!end)
        return NULL;
    *list = end + 1;
    *length = (size_t)(*list - tag);
    return tag;
}

bool tag_is_named(const char *if_none_match, const char *tag)
{
    size_t length;
    if (strcmp(if_none_match, "*") == 0)
        return true;
    for (const char *named; (named = next_tag(&if_none_match, &length));)
        if (length == strlen(tag) && memcmp(named, tag, length) == 0)
            return true;
    return false;
}

void tag_reply(const struct request *request, struct reply *reply)
{
    if (reply->version)
        reply->tag = arena_printf(request->arena, "\"%" PRId64 "\"", reply->version);
    if (!request->route->tagged)
        return;
    if (!reply->tag)
        reply->tag = arena_printf(request->arena, "\"%s\"",
                                  secret_checksum(request->arena, reply->body, reply->length));
    if (request->if_none_match && tag_is_named(request->if_none_match, reply->tag))
        *reply = (struct reply){.status = 304, .tag = reply->tag};
}
