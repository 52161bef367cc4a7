/* What PostgreSQL would have sent, from what people can read. */
#ifndef SENT_H
#define SENT_H

#include "binary.h"

/*
 * The text as it is sent in binary: 'i' as an integer of 4 bytes, 'I' of 8, 'd' as a date, 's' as a
 * timestamp, 'm' as a time of day, 'b' as bits, else as it is. In capitals of the four after the
 * integers ('D', 'S', 'B'), or as 'L' for long integers and 'T' for texts, it is an array, whose
 * elements have '|' between them. Belongs to nobody: it is made once.
 */
struct binary sent(char type, const char *text);

#endif
