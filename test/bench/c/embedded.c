/* A driver in the client's process, as this module has it, for what that costs: the first message, memory, many streams. */
#include "bench.h"

#include "aeronmd.h"

#define MAX_STREAMS (4096)
#define STREAM_CHANNEL "aeron:ipc?term-length=64k"
#define FIRST_STREAM (10000)
#define MESSAGE_LENGTH (32)
#define BURST (128)

static struct
{
    aeron_driver_context_t *context;
    aeron_driver_t *driver;
    aeron_t *client;
    aeron_subscription_t *first_sub, *subs[MAX_STREAMS];
    aeron_exclusive_publication_t *first_pub, *pubs[MAX_STREAMS];
    int streams;
    int64_t received;
}
embedded;

static void check(int result, const char *what)
{
    if (result < 0)
    {
        fail(what);
    }
}

/* As aeron.Config has it by default. */
static void start_driver(const char *dir, size_t counters_length)
{
    aeron_driver_context_t *context;
    check(aeron_driver_context_init(&context), "driver context");
    check(aeron_driver_context_set_dir(context, dir), "dir");
    check(aeron_driver_context_set_threading_mode(context, AERON_THREADING_MODE_SHARED_NETWORK), "threading");
    check(aeron_driver_context_set_term_buffer_length(context, 2 * 1024 * 1024), "term length");
    check(aeron_driver_context_set_ipc_term_buffer_length(context, 8 * 1024 * 1024), "IPC term length");
    check(aeron_driver_context_set_term_buffer_sparse_file(context, false), "sparse terms");
    check(aeron_driver_context_set_mtu_length(context, 1408), "MTU");
    check(aeron_driver_context_set_ipc_mtu_length(context, 65504), "IPC MTU");
    check(aeron_driver_context_set_rcv_initial_window_length(context, 128 * 1024), "window");
    check(aeron_driver_context_set_counters_buffer_length(context, counters_length), "counters");
    check(aeron_driver_context_set_dir_delete_on_shutdown(context, true), "delete on shutdown");
    check(aeron_driver_init(&embedded.driver, context), "driver");
    check(aeron_driver_start(embedded.driver, false), "start");
    embedded.context = context;
}

static void count(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    embedded.received++;
}

static void until_received(aeron_subscription_t *subscription, int64_t received)
{
    while (embedded.received < received)
    {
        int n = aeron_subscription_poll(subscription, count, NULL, FRAGMENT_LIMIT);
        check(n, "poll");
        if (0 == n)
        {
            sched_yield();
        }
    }
}

/* From nothing to the first message. */
static int64_t first(const char *dir, size_t counters_length)
{
    const uint8_t message[MESSAGE_LENGTH] = { 0 };
    const int64_t begin = now_ns();
    start_driver(dir, counters_length);
    embedded.client = connect_client(dir, "500us");
    embedded.first_sub = add_subscription(embedded.client, "aeron:ipc", FIRST_STREAM);
    embedded.first_pub = add_exclusive_publication(embedded.client, "aeron:ipc", FIRST_STREAM);
    await_exclusive_ready(embedded.first_pub);
    check((int)aeron_exclusive_publication_offer(embedded.first_pub, message, sizeof(message), NULL, NULL), "offer");
    until_received(embedded.first_sub, 1);
    return now_ns() - begin;
}

/* How long an add takes, one after the other. */
static int64_t add(int adds)
{
    int64_t spent = 0;
    for (int i = 0; i < adds; i++)
    {
        const int64_t begin = now_ns();
        aeron_exclusive_publication_t *publication = add_exclusive_publication(embedded.client, STREAM_CHANNEL, FIRST_STREAM - 1);
        spent += now_ns() - begin;
        check(aeron_exclusive_publication_close(publication, NULL, NULL), "close");
    }
    return spent;
}

static void add_streams(int streams)
{
    for (; embedded.streams < streams; embedded.streams++)
    {
        const int32_t id = FIRST_STREAM + 1 + embedded.streams;
        embedded.subs[embedded.streams] = add_subscription(embedded.client, STREAM_CHANNEL, id);
        embedded.pubs[embedded.streams] = add_exclusive_publication(embedded.client, STREAM_CHANNEL, id);
        await_exclusive_ready(embedded.pubs[embedded.streams]);
        while (!aeron_subscription_is_connected(embedded.subs[embedded.streams]))
        {
            sched_yield();
        }
    }
}

/* Bursts of turns: in a turn every stream gets a message, and then is polled. What the driver takes to open windows does not count. */
static int64_t turns(int streams, int bursts)
{
    const uint8_t message[MESSAGE_LENGTH] = { 0 };
    int64_t spent = 0;
    for (int burst = 0; burst < bursts; burst++)
    {
        for (int i = 0; i < streams; i++)
        {
            while (aeron_exclusive_publication_position_limit(embedded.pubs[i]) <
                aeron_exclusive_publication_position(embedded.pubs[i]) + BURST * 2 * MESSAGE_LENGTH)
            {
                sched_yield();
            }
        }
        const int64_t begin = now_ns();
        for (int turn = 0; turn < BURST; turn++)
        {
            for (int i = 0; i < streams; i++)
            {
                while (aeron_exclusive_publication_offer(embedded.pubs[i], message, sizeof(message), NULL, NULL) < 0)
                {
                    /* The end of a term. */
                }
            }
            for (int i = 0; i < streams; i++)
            {
                check(aeron_subscription_poll(embedded.subs[i], count, NULL, FRAGMENT_LIMIT), "poll");
            }
        }
        spent += now_ns() - begin;
    }
    return spent;
}

static void stop(void)
{
    if (NULL != embedded.client)
    {
        disconnect_client(embedded.client);
        check(aeron_driver_close(embedded.driver), "close the driver");
        check(aeron_driver_context_close(embedded.context), "close the driver's context");
    }
}

void embedded_serve(const char *dir, size_t counters_length)
{
    char line[256];
    int n, bursts;
    while (NULL != fgets(line, sizeof(line), stdin))
    {
        if (0 == strcmp(line, "first\n") && NULL == embedded.client)
        {
            printf("ok %ld 1\n", first(dir, counters_length));
        }
        else if (1 == sscanf(line, "add %d", &n))
        {
            printf("ok %ld %d\n", add(n), n);
        }
        else if (1 == sscanf(line, "streams %d", &n) && n <= MAX_STREAMS)
        {
            add_streams(n);
            printf("ok 0 %d\n", n);
        }
        else if (2 == sscanf(line, "turns %d %d", &n, &bursts) && n <= embedded.streams)
        {
            embedded.received = 0;
            int64_t spent = turns(n, bursts);
            printf("ok %ld %ld\n", spent, embedded.received);
        }
        else
        {
            printf("error unknown command, or out of turn: %s", line);
        }
        fflush(stdout);
    }
    stop();
}
