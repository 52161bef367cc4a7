/*
 * The ceiling of every row: what nginx and libfcgi can do by themselves. The loop that libfcgi's
 * threaded example has, in as many threads as the argument says, with a fixed answer.
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_THREADS = 256 };

static char answer[512];

static void *serve(void *unused)
{
    FCGX_Request request;
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutS(answer, request.out);
        FCGX_Finish_r(&request);
    }
    return unused;
}

int main(int count, char **arguments)
{
    long threads = count == 2 ? strtol(arguments[1], NULL, 10) : 0;
    if (threads < 1 || threads > MOST_THREADS) {
        fprintf(stderr, "usage: %s THREADS\n", arguments[0]);
        return EXIT_FAILURE;
    }
    /* 200 bytes of JSON, filled up with spaces. */
    snprintf(answer, sizeof answer,
             "Content-Type: application/json\r\nContent-Length: 200\r\n\r\n{%-198s}",
             "\"id\" : 1, \"name\" : \"echo\", \"department\" : \"echo\"");
    FCGX_Init();
    pthread_t thread[MOST_THREADS];
    for (long i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, serve, NULL) != 0) {
            fprintf(stderr, "cannot start a thread\n");
            return EXIT_FAILURE;
        }
    for (long i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return EXIT_SUCCESS;
}
