#include "actor.h"

#include <arpa/inet.h>
#include <inttypes.h>

/* What cannot be read as an address is not known: it is no reason to refuse anybody. */
const char *actor_address(const char *address)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    bool known = address && (inet_pton(AF_INET, address, bytes) == 1 ||
                             inet_pton(AF_INET6, address, bytes) == 1);
    return known ? address : NULL;
}

const char *actor_visitor(struct db *db, const struct actor *actor)
{
    if (actor->staff_id == NOT_GIVEN)
        return NULL;
    const char *address = actor_address(actor->address);
    return arena_printf(db->arena, "(%" PRId64 ",\"%s\",%s)", actor->staff_id, actor->action,
                        address ? address : "");
}
