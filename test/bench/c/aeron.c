/* Connecting and adding, as every measurement needs it. */
#include "bench.h"

void fail(const char *what)
{
    fprintf(stderr, "bench-c: %s: %s\n", what, aeron_errmsg());
    exit(1);
}

static void on_error(void *clientd, int code, const char *message)
{
    fprintf(stderr, "bench-c: error %d: %s\n", code, message);
    exit(1);
}

int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

aeron_t *connect_client(const char *dir, const char *sleep)
{
    aeron_context_t *context;
    aeron_t *client;
    if (aeron_context_init(&context) < 0 || aeron_context_set_dir(context, dir) < 0 ||
        aeron_context_set_error_handler(context, on_error, NULL) < 0)
    {
        fail("context");
    }
    if (NULL != sleep &&
        (aeron_context_set_idle_strategy_init_args(context, sleep) < 0 || aeron_context_set_idle_strategy(context, "sleep-ns") < 0))
    {
        fail("idle strategy");
    }
    if (aeron_init(&client, context) < 0 || aeron_start(client) < 0)
    {
        fail("connect");
    }
    return client;
}

void disconnect_client(aeron_t *client)
{
    aeron_context_t *context = aeron_context(client);
    aeron_close(client);
    aeron_context_close(context);
}

aeron_subscription_t *add_subscription(aeron_t *client, const char *channel, int32_t stream)
{
    aeron_async_add_subscription_t *add;
    aeron_subscription_t *subscription = NULL;
    if (aeron_async_add_subscription(&add, client, channel, stream, NULL, NULL, NULL, NULL) < 0)
    {
        fail("add subscription");
    }
    while (NULL == subscription)
    {
        if (aeron_async_add_subscription_poll(&subscription, add) < 0)
        {
            fail("add subscription");
        }
        sched_yield();
    }
    return subscription;
}

aeron_publication_t *add_publication(aeron_t *client, const char *channel, int32_t stream)
{
    aeron_async_add_publication_t *add;
    aeron_publication_t *publication = NULL;
    if (aeron_async_add_publication(&add, client, channel, stream) < 0)
    {
        fail("add publication");
    }
    while (NULL == publication)
    {
        if (aeron_async_add_publication_poll(&publication, add) < 0)
        {
            fail("add publication");
        }
        sched_yield();
    }
    return publication;
}

aeron_exclusive_publication_t *add_exclusive_publication(aeron_t *client, const char *channel, int32_t stream)
{
    aeron_async_add_exclusive_publication_t *add;
    aeron_exclusive_publication_t *publication = NULL;
    if (aeron_async_add_exclusive_publication(&add, client, channel, stream) < 0)
    {
        fail("add exclusive publication");
    }
    while (NULL == publication)
    {
        if (aeron_async_add_exclusive_publication_poll(&publication, add) < 0)
        {
            fail("add exclusive publication");
        }
        sched_yield();
    }
    return publication;
}

void await_ready(aeron_publication_t *publication)
{
    while (!aeron_publication_is_connected(publication) ||
        aeron_publication_position_limit(publication) <= aeron_publication_position(publication))
    {
        sched_yield();
    }
}

void await_exclusive_ready(aeron_exclusive_publication_t *publication)
{
    while (!aeron_exclusive_publication_is_connected(publication) ||
        aeron_exclusive_publication_position_limit(publication) <= aeron_exclusive_publication_position(publication))
    {
        sched_yield();
    }
}
