#include "actor.h"

#include <arpa/inet.h>
#include <inttypes.h>

/* What cannot be read as an address is not known: it is no reason to refuse anybody. */
static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return text && (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

const char *actor_visitor(struct db *db, const struct actor *actor)
{
    if (actor->staff_id == NOT_GIVEN)
        return NULL;
    return arena_printf(db->arena, "(%" PRId64 ",\"%s\",%s)", actor->staff_id, actor->action,
                        is_address(actor->address) ? actor->address : "");
}
