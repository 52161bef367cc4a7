#include "fastcgi.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* FastCGI 1.0, section 8. */
enum { VERSION = 1, BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };
enum { PATIENCE_SECONDS = 30 }; /* a dead worker fails a test, and does not hang it */
enum { RESPONDER = 1, KEEP_CONN = 1, REQUEST_ID = 1, HEADER = 8, MOST_CONTENT = 65535 };

static int connect_to(const struct sockaddr *address, socklen_t size)
{
    int connection = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(connection, address, size) == 0)
        return connection;
    close(connection);
    return -1;
}

int fastcgi_connect(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    return connect_to((struct sockaddr *)&address, sizeof address);
}

int fastcgi_connect_tcp(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect_to((struct sockaddr *)&address, sizeof address);
}

static bool send_all(int connection, const void *bytes, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        ssize_t now = send(connection, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL);
        if (now <= 0)
            return false;
        sent += (size_t)now;
    }
    return true;
}

static void put_record(FILE *out, int type, const void *content, size_t length)
{
    unsigned char header[HEADER] = {
        VERSION,    (unsigned char)type,          0,
        REQUEST_ID, (unsigned char)(length >> 8), (unsigned char)length};
    fwrite(header, 1, sizeof header, out);
    fwrite(content, 1, length, out);
}

/* A stream: its records, and the empty one that ends it. */
static void put_stream(FILE *out, int type, const char *content, size_t length, bool end)
{
    while (length > 0) {
        size_t part = length < MOST_CONTENT ? length : MOST_CONTENT;
        put_record(out, type, content, part);
        content += part;
        length -= part;
    }
    if (end)
        put_record(out, type, "", 0);
}

static void put_length(FILE *out, size_t length)
{
    if (length < 128) {
        fputc((int)length, out);
        return;
    }
    fputc((int)(length >> 24) | 128, out);
    fputc((int)(length >> 16) & 255, out);
    fputc((int)(length >> 8) & 255, out);
    fputc((int)length & 255, out);
}

static void put_head(FILE *out, const char *const parameters[], bool keep)
{
    const unsigned char begin[8] = {0, RESPONDER, keep ? KEEP_CONN : 0};
    char *pairs;
    size_t length;
    FILE *gathered = open_memstream(&pairs, &length);
    for (; *parameters; parameters += 2) {
        put_length(gathered, strlen(parameters[0]));
        put_length(gathered, strlen(parameters[1]));
        fprintf(gathered, "%s%s", parameters[0], parameters[1]);
    }
    fclose(gathered);
    put_record(out, BEGIN_REQUEST, begin, sizeof begin);
    put_stream(out, PARAMS, pairs, length, true);
    free(pairs);
}

/* All in one go, as nginx does. */
static bool send_request(int connection, const char *const parameters[], const char *body,
                         size_t length, bool keep, bool end)
{
    char *request;
    size_t size;
    FILE *out = open_memstream(&request, &size);
    put_head(out, parameters, keep);
    put_stream(out, STDIN, body, length, end);
    fclose(out);
    bool sent = send_all(connection, request, size);
    free(request);
    return sent;
}

bool fastcgi_send(int connection, const char *const parameters[], const char *body, size_t length,
                  bool keep)
{
    return send_request(connection, parameters, body, length, keep, true);
}

bool fastcgi_send_part(int connection, const char *const parameters[], const char *body,
                       size_t length, bool keep)
{
    return send_request(connection, parameters, body, length, keep, false);
}

bool fastcgi_send_end(int connection)
{
    static const unsigned char end[HEADER] = {VERSION, STDIN, 0, REQUEST_ID};
    return send_all(connection, end, sizeof end);
}

static bool receive_all(int connection, void *bytes, size_t length)
{
    return length == 0 || recv(connection, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

char *fastcgi_receive(int connection)
{
    unsigned char header[HEADER], content[MOST_CONTENT + 255];
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    while (receive_all(connection, header, sizeof header)) {
        size_t size = (size_t)header[4] << 8 | header[5];
        if (!receive_all(connection, content, size + header[6]))
            break;
        if (header[1] == STDOUT)
            fwrite(content, 1, size, out);
        if (header[1] == END_REQUEST) {
            fclose(out);
            return text;
        }
    }
    fclose(out);
    free(text);
    return NULL;
}
