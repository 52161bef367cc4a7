/* A database that is not there: it stands in for lib/db.c, and answers what it has been told to. */
#ifndef DATABASE_H
#define DATABASE_H

/* What the next statements come to, a letter each, after which all is well again: d done, n no row,
 * u unavailable, r refused as a duplicate if it writes. The text must live until it is used. */
void database_will(const char *outcomes);

#endif
