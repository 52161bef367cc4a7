#include "gateway.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int port, metrics_port;
static const char *authority; /* the certificate, which vouches for itself; NULL: plain HTTP */
static pid_t nginx;           /* 0: it is not running */

int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(probe, (struct sockaddr *)&address, size) == 0);
    cr_assert(getsockname(probe, (struct sockaddr *)&address, &size) == 0);
    close(probe);
    return ntohs(address.sin_port);
}

struct answer gateway_ask(const char *method, const char *path, const char *const headers[],
                          const char *body, size_t length)
{
    char *head, *received;
    size_t head_length, received_length;
    long status = 0;
    FILE *head_out = open_memstream(&head, &head_length);
    FILE *body_out = open_memstream(&received, &received_length);
    struct curl_slist *list = NULL;
    CURL *curl = curl_easy_init();
    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    list = curl_slist_append(list, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL,
                     text("http%s://127.0.0.1:%d%s", authority ? "s" : "", port, path));
    curl_easy_setopt(curl, CURLOPT_CAINFO, authority);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, head_out);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body_out);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)length);
    }
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    fclose(head_out);
    fclose(body_out);
    return (struct answer){(int)status, head, received, json_tokener_parse(received)};
}

struct answer gateway_get(const char *path)
{
    return gateway_ask("GET", path, NULL, NULL, 0);
}

struct answer gateway_json(const char *method, const char *path, const char *token,
                           const char *body)
{
    const char *headers[3] = {NULL};
    int count = 0;
    if (body)
        headers[count++] = "Content-Type: application/json";
    if (token)
        headers[count] = text("Authorization: Bearer %s", token);
    return gateway_ask(method, path, headers, body, body ? strlen(body) : 0);
}

static void run(const char *command)
{
    cr_assert(system(command) == 0, "%s", command);
}

static void start_gateway(void)
{
    port = free_port();
    const char *directory = clinic_directory();
    run(text("mkdir -p %s/state && chmod 777 %s/state && cp -r .build/www %s/www", directory,
             directory, directory));
    metrics_port = free_port();
    run(text(
        "GATEWAY_LISTEN=127.0.0.1:%d METRICS_LISTEN=127.0.0.1:%d GATEWAY_STATE=%s/state GATEWAY_WWW=%s/www"
        " PATIENT_POOL=unix:%s ADMIN_POOL=unix:%s ACCESS_LOG=%s/access.log"
        " CORS_ALLOWED_ORIGINS='https://clinic.example https://app.example:8443'"
        " nginx/render >%s/nginx.conf",
        port, metrics_port, directory, directory, clinic_socket(PATIENT_POOL),
        clinic_socket(ADMIN_POOL), directory, directory));
    nginx = fork();
    if (nginx == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(open(text("%s/error.log", directory), O_WRONLY | O_CREAT | O_APPEND, 0644),
             STDERR_FILENO);
        execlp("nginx", "nginx", "-e", "stderr", "-c", text("%s/nginx.conf", directory), "-g",
               "daemon off;", (char *)NULL);
        _exit(127);
    }
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < 1000 && gateway_get("/health").status != 200; i++)
        nanosleep(&pause, NULL);
    if (gateway_get("/health").status != 200)
        run(text("cat %s/error.log >&2", directory));
    cr_assert_eq(gateway_get("/health").status, 200, "the gateway did not become healthy");
}

void gateway_open(void)
{
    clinic_open();
    start_gateway();
}

void gateway_open_tls(void)
{
    clinic_open();
    authority = text("%s/certificate.pem", clinic_directory());
    const char *key = text("%s/key.pem", clinic_directory());
    run(text("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
             " -subj /CN=clinic -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             key, authority));
    clinic_set("TLS_CERTIFICATE", authority);
    clinic_set("TLS_CERTIFICATE_KEY", key);
    start_gateway();
}

void gateway_stop(void)
{
    if (nginx <= 0)
        return;
    kill(nginx, SIGTERM);
    waitpid(nginx, NULL, 0);
    nginx = 0;
}

void gateway_close(void)
{
    gateway_stop();
    clinic_close();
}

void gateway_at(int another_port)
{
    port = another_port;
}

int gateway_port(void)
{
    return port;
}

int gateway_metrics_port(void)
{
    return metrics_port;
}
