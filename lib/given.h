/* The integer that stands for one that was not given: no input may have it. */
#ifndef GIVEN_H
#define GIVEN_H

#include <stdint.h>

#define NOT_GIVEN INT64_MIN

#endif
