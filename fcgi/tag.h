/* Entity tags (RFC 9110, 8.8.3): what a page polls is sent again only when it has changed. */
#ifndef TAG_H
#define TAG_H

#include "route.h"

/* Gives an answer its tag: of its version, or of its body where the route's row says so. There, who
 * has it already is told 304, with nothing but the tag. */
void tag_reply(const struct request *request, struct reply *reply);

/* Whether an If-None-Match names the tag, or is "*". Compared weakly (RFC 9110, 13.1.2), for who
 * compresses on the way makes tags weak. What cannot be read names nothing. */
bool tag_is_named(const char *if_none_match, const char *tag);

#endif
