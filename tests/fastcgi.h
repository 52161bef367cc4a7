/* A FastCGI client of the tests' own, so that the workers are spoken to by somebody who does not
 * share libfcgi's opinions. */
#ifndef FASTCGI_H
#define FASTCGI_H

#include <stdbool.h>
#include <stddef.h>

/* Parameters as NAME, VALUE, NAME, VALUE, ..., NULL. */
enum { FASTCGI_MOST = 1024 * 1024 };

/* Connects to the unix socket; -1: nobody listens. The caller closes it. */
int fastcgi_connect(const char *socket);

/* The same to a port of 127.0.0.1. */
int fastcgi_connect_tcp(int port);

/* Sends one request; the peer keeps the connection if `keep`. False: it has gone. */
bool fastcgi_send(int connection, const char *const parameters[], const char *body, size_t length,
                  bool keep);

/* Sends a request without the end of its body, and that end. */
bool fastcgi_send_part(int connection, const char *const parameters[], const char *body,
                       size_t length, bool keep);
bool fastcgi_send_end(int connection);

/* What the peer answers on standard output, NUL-terminated, until the request ends; the caller
 * frees it. NULL: the connection ended first. */
char *fastcgi_receive(int connection);

#endif
