/* A page of a list, as every list of the API is shown. */
#ifndef LISTING_H
#define LISTING_H

#include "db.h"
#include "form.h"
#include "text.h"

struct listing {
    const struct page *page;
    struct text text;
    int64_t total; /* entries so far, shown or not */
};

/* A list whose answer lives in `arena`. */
struct listing listing_begin(struct arena *arena, const struct page *page);

/* Counts the next entry. Whether the page shows it: then its document is to be added to
 * listing->text. */
bool listing_shows_next(struct listing *listing);

struct document listing_end(struct listing *listing);

#endif
