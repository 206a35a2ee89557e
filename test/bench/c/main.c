/*
 * Aeron's C client as a contestant of the bench, on the archive that this module links; see package protocol.
 *
 *   bench-c DIR
 *   bench-c embedded DIR COUNTERSLENGTH     with a driver of its own, for the commands of package embedded
 */
#include "bench.h"

typedef enum { NOTHING, THROUGHPUT, LATENCY } open_t;

static void run(open_t open, const char *line)
{
    int64_t count, interval = 0;
    char file[CHANNEL_LENGTH] = "";
    result_t result;
    if (THROUGHPUT == open && 1 == sscanf(line, "run %ld", &count))
    {
        result = throughput_run(count);
    }
    else if (LATENCY == open && 3 == sscanf(line, "run %ld %ld %511s", &count, &interval, file))
    {
        result = latency_run(count, interval, file);
    }
    else
    {
        printf("error nothing to run: %s", line);
        return;
    }
    printf("ok %ld %ld %ld %ld\n", result.nanoseconds, result.received, result.wrong, result.position);
}

static void serve(aeron_t *client)
{
    char line[4096], first[CHANNEL_LENGTH], second[CHANNEL_LENGTH], third[32];
    int first_stream, second_stream, length, publishers;
    open_t open = NOTHING;
    while (NULL != fgets(line, sizeof(line), stdin))
    {
        if (NOTHING == open &&
            6 == sscanf(line, "open throughput %511s %d %d %d %511s %31s", first, &first_stream, &length, &publishers, second, third) &&
            publishers <= MAX_PUBLISHERS)
        {
            throughput_open(client, first, first_stream, (size_t)length, publishers,
                0 == strcmp(second, "exclusive"), 0 == strcmp(third, "checked"));
            open = THROUGHPUT;
            puts("ok");
        }
        else if (NOTHING == open &&
            5 == sscanf(line, "open latency %511s %d %511s %d %d", first, &first_stream, second, &second_stream, &length))
        {
            latency_open(client, first, first_stream, second, second_stream, (size_t)length);
            open = LATENCY;
            puts("ok");
        }
        else if (0 == strncmp(line, "run ", 4))
        {
            run(open, line);
        }
        else if (NOTHING != open && 0 == strcmp(line, "close\n"))
        {
            if (THROUGHPUT == open)
            {
                throughput_close();
            }
            else
            {
                latency_close();
            }
            open = NOTHING;
            puts("ok");
        }
        else
        {
            printf("error unknown command, or out of turn: %s", line);
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (4 == argc && 0 == strcmp(argv[1], "embedded"))
    {
        embedded_serve(argv[2], (size_t)atol(argv[3]));
        return 0;
    }
    if (2 != argc)
    {
        fprintf(stderr, "usage: bench-c [embedded] DIR [COUNTERSLENGTH]\n");
        return 2;
    }
    aeron_t *client = connect_client(argv[1], NULL);
    serve(client);
    disconnect_client(client);
    return 0;
}
