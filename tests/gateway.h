/*
 * The gateway for one test: a clinic, and before it a real nginx, configured by nginx/render.
 * TestSuite(name, .init = gateway_open, .fini = gateway_close) gives one to each test of a suite.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "clinic.h"

/* Returns once /health answers 200. Pages of two origins may call: https://clinic.example and
 * https://app.example:8443. */
void gateway_open(void);

/* The same with TLS, by a certificate that whoever asks here trusts. */
void gateway_open_tls(void);
void gateway_close(void);

/* Stops nginx alone; whatever it has to write is in access.log and error.log of the clinic's
 * directory then. */
void gateway_stop(void);

/* The port on 127.0.0.1 that nginx listens on. */
int gateway_port(void);

/* The port there on which it shows what the pools count. */
int gateway_metrics_port(void);

/* Whoever asks from now on asks a gateway on that port, which somebody else has started. */
void gateway_at(int another_port);

/* A port there that nobody listens on. */
int free_port(void);

/* Asks the gateway. Headers such as "Origin: https://clinic.example" end with NULL; headers and
 * body may be NULL. The status is 0 when nobody answered. */
struct answer gateway_ask(const char *method, const char *path, const char *const headers[],
                          const char *body, size_t length);

struct answer gateway_get(const char *path);

/* Asks with a JSON body, as whoever has the access token; both may be NULL. */
struct answer gateway_json(const char *method, const char *path, const char *token,
                           const char *body);

#endif
